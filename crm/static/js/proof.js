// The proof of work, away from the page: the number whose digest, after the salt, is the challenge.
const encoder = new TextEncoder();

async function digest(text) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function solve({ challenge, salt, maxnumber }) {
  const together = 64; // digests asked for at once: the browser works on them side by side
  for (let start = 0; start <= maxnumber; start += together) {
    const numbers = Array.from({ length: together }, (_, step) => start + step);
    const found = await Promise.all(numbers.map((number) => digest(salt + number)));
    const place = found.indexOf(challenge);
    if (place >= 0) return numbers[place];
  }
  return null;
}

self.addEventListener("message", async ({ data }) => {
  const began = performance.now();
  const number = await solve(data);
  if (number === null) return;
  const { algorithm, challenge, salt, signature } = data;
  const took = Math.round(performance.now() - began);
  self.postMessage(btoa(JSON.stringify({ algorithm, challenge, number, salt, signature, took })));
});
