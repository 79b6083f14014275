// The Web `Request` that an authenticate handler is given.

/** @typedef {{method: string, path: string, query: string, headers: [string, string][]}} RequestMeta */

/**
 * The request as the client made it; the body is what the server has read of it.
 * @param {RequestMeta} meta
 * @param {unknown} body
 */
export function webRequest({ method, path, query, headers }, body) {
  const sent = new Headers();
  for (const [name, value] of headers) sent.append(name, value);
  const host = sent.get("host") ?? "localhost";
  const search = query === "" ? "" : `?${query}`;
  const mayHaveBody = !["GET", "HEAD"].includes(method) && body !== null && body !== undefined;
  return new Request(`http://${host}${path}${search}`, {
    method,
    headers: sent,
    ...(mayHaveBody && { body: JSON.stringify(body) }),
  });
}
