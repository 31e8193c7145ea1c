/**
 * Seals the `next` links of searches, so that a place in a search that was changed, or put into another search, is
 * refused in words instead of giving pages that belong to nothing. A seal is no leave to see anything: each page is
 * judged by the permit that asks for it.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { FhirError } from '../fhir/outcome.ts';
import type { Store } from '../store/store.ts';

export interface Seal {
  /** The place with its seal behind it; `of`: the search that it belongs to. */
  close(place: string, of: string): string;
  /** The place. Throws FhirError `bad-parameter` where the seal is not of this place and search. */
  open(sealed: string, of: string): string;
}

const KIND = 'secret';
const KEY = 'page-links';
const KEY_BYTES = 32;
/** Of the 43 characters of an HMAC-SHA-256: 132 bits, which nobody guesses. */
const SEAL_LENGTH = 22;

/** The key lies in the store, so that links outlive a restart; of several processes the first makes it. */
export async function createSeal(store: Pick<Store, 'row' | 'transact'>): Promise<Seal> {
  const known = await store.row(KIND, KEY);
  if (known !== undefined) return sealWith(Buffer.from(known.value, 'base64url'));
  const value = randomBytes(KEY_BYTES).toString('base64url');
  await store.transact({ writes: [{ write: 'row', row: { kind: KIND, key: KEY, value }, stamp: 0 }], expects: [] });
  return createSeal(store);
}

function sealWith(key: Buffer): Seal {
  const sealOf = (place: string, of: string): string => createHmac('sha256', key).update(`${place}\n${of}`).digest('base64url').slice(0, SEAL_LENGTH);
  return {
    close: (place, of) => `${place}.${sealOf(place, of)}`,
    open: (sealed, of) => {
      const dot = sealed.lastIndexOf('.');
      const place = sealed.slice(0, Math.max(dot, 0));
      const [given, right] = [sealed.slice(dot + 1), sealOf(place, of)].map((text) => Buffer.from(text));
      if (dot < 0 || given?.length !== right?.length || !timingSafeEqual(given as Buffer, right as Buffer)) throw broken(); // both are there: two were made
      return place;
    },
  };
}

const broken = (): FhirError =>
  new FhirError(
    'bad-parameter',
    'This link to a further page was changed, or does not belong to this search. Follow the `next` link as it was given, or start the search again.',
    {
      expression: 'http._after',
    },
  );
