/**
 * Reads resources that this server derived or that answers were stored as. Stored versions never change, so what was
 * read of one is kept; what is only pending is taken from the overlay and never kept.
 */

import { createLastUsed } from '../fhir/last-used.ts';
import type { Resource } from '../fhir/resource.ts';
import { refOf } from '../fhir/resource.ts';
import type { Version } from '../store/store.ts';
import type { Overlay } from './overlay.ts';

/** Gives the resource in a version. It is shared: nobody may change it. */
export type ReadKnown = (version: Version, overlay: Overlay) => Resource;

export function createKnown(limit: number): ReadKnown {
  const kept = createLastUsed<Resource>(limit);
  const read = ({ text }: Version): Resource => JSON.parse(text) as Resource; // it was validated, or made here, when it was stored
  return (version, overlay) => (isPending(version, overlay) ? read(version) : kept.getOr(versionKey(version), () => read(version)));
}

export const isPending = ({ type, id }: Version, overlay: Overlay): boolean => overlay.pending(refOf(type, id)) !== undefined;

/** Names one stored version for good: an id that was erased and used again has another time. */
export const versionKey = ({ type, id, version, updated }: Version): string => `${type}/${id}|${version}|${updated}`;
