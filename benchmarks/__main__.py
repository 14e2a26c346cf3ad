"""Run the benchmarks: all of them, or those named (`make bench ARGS="render"`)."""

import importlib
import pkgutil
import sys

import benchmarks


def main(names: list[str]) -> int:
    """Run each module that has a `run()`; 2 when a name is unknown."""
    known = sorted(
        found.name
        for found in pkgutil.iter_modules(benchmarks.__path__)
        if not found.name.startswith("_")
    )
    unknown = set(names) - set(known)
    if unknown:
        print(f"Mesures inconnues : {', '.join(sorted(unknown))}. Il y a : {', '.join(known)}.")
        return 2
    for name in names or known:
        run = getattr(importlib.import_module(f"benchmarks.{name}"), "run", None)
        if run is not None:
            run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
