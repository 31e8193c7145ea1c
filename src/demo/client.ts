/** The demo's own client: plain HTTP, as an app or an EMR would speak to the server, every answer's status checked. */
import type { Bundle, FhirResource } from 'fhir/r4';
import { check } from './story.ts';

interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface Client {
  readonly base: string;
  /** `path` is below the base. The status must be `expected`. */
  send<T = FhirResource>(method: string, path: string, body?: unknown, expected?: number): Promise<Answer<T>>;
  read<T extends FhirResource = FhirResource>(path: string): Promise<T>;
  /** All matches, page after page; what is included is left out. */
  search<T extends FhirResource = FhirResource>(path: string): Promise<readonly T[]>;
}

export function createClient(base: string): Client {
  const send: Client['send'] = async <T>(method: string, path: string, body?: unknown, expected = method === 'POST' ? 201 : 200) => {
    const answer = await fetch(`${base}/${path}`, {
      method,
      headers: { Accept: 'application/fhir+json', 'Accept-Encoding': 'identity', ...(body === undefined ? {} : { 'Content-Type': 'application/fhir+json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    check(answer.status === expected, `${method} ${path} is answered with ${expected}`, `${answer.status} ${text}`);
    return { status: answer.status, headers: answer.headers, body: (text === '' ? undefined : JSON.parse(text)) as T };
  };
  const search: Client['search'] = async <T extends FhirResource>(path: string) => {
    const found: T[] = [];
    for (let next: string | undefined = path; next !== undefined; ) {
      const { body }: Answer<Bundle> = await send<Bundle>('GET', next);
      found.push(...(body.entry ?? []).flatMap(({ resource, search: how }) => (resource === undefined || how?.mode === 'include' ? [] : [resource as T])));
      next = body.link?.find(({ relation }) => relation === 'next')?.url.slice(base.length + 1);
    }
    return found;
  };
  return { base, send, read: async <T>(path: string) => (await send<T>('GET', path)).body, search };
}
