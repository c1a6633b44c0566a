/** Every request blocks the event loop for 20 ms. */
export default () => {
  const end = performance.now() + 20;
  while (performance.now() < end);
  return new Response("computed");
};
