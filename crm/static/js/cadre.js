// Run by the sites that frame one of our pages: the frame takes the height of its content.
addEventListener("message", (event) => {
  const frame = [...document.querySelectorAll("iframe")].find((one) => one.contentWindow === event.source);
  const height = event.data && event.data.maillage;
  if (!frame || !Number.isFinite(height) || event.origin !== new URL(frame.src, location.href).origin) return;
  frame.style.height = `${Math.min(Math.max(height, 100), 20000)}px`;
});
