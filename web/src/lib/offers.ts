/* What the server can do, as its own OpenAPI says: a control is shown only when there is something behind it. */

export interface OpenApi {
  paths: Record<string, Record<string, { parameters?: { name: string; in: string }[] } | undefined> | undefined>;
}

type Method = 'get' | 'delete' | 'post';
export type Offers = (path: string, parameter?: string, method?: Method) => boolean;

/** A path's own parameters may have any name: "/api/v1/persons/{}". */
const bare = (path: string) => path.replaceAll(/\{[^}]*\}/g, '{}');

export function offersOf(document: OpenApi | undefined): Offers {
  const routes = new Map(Object.entries(document?.paths ?? {}).map(([path, methods]) => [bare(path), methods]));
  return (path, parameter, method = 'get') => {
    const route = routes.get(bare(path))?.[method];
    return route !== undefined && (parameter === undefined || (route.parameters ?? []).some((one) => one.in === 'query' && one.name === parameter));
  };
}
