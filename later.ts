export default async () => {
  await undefined;
  return new Response("hello");
};
