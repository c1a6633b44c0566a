/** Every request waits for 200 ms, as for a database. */
export default async () => {
  await new Promise((resolve) => setTimeout(resolve, 200));
  return new Response("waited");
};
