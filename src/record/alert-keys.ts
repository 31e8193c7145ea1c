/** The unique keys of open alerts: what a Flag held before and holds afterwards is what is released and claimed. */
import type { Flag } from 'fhir/r4';
import type { Resource } from '../fhir/resource.ts';
import { refOf } from '../fhir/resource.ts';
import { keyHeldBy } from '../pro/forms.ts';
import type { Write } from '../store/store.ts';
import type { Overlay, Pending } from './overlay.ts';

/** Adds the claims and releases that the pending Flags call for, whoever writes them. */
export function keepAlertKeys(overlay: Overlay): void {
  const changes = overlay
    .pendingOf('Flag')
    .map(changeOf)
    .filter(({ was, is }) => was !== is);
  const releases = changes.flatMap(({ was }): Write[] => (was === undefined ? [] : [{ write: 'release', key: was }]));
  const claims = changes.flatMap(({ is, holder }): Write[] => (is === undefined ? [] : [{ write: 'claim', key: is, holder }]));
  overlay.also([...releases, ...claims], []);
}

function changeOf({ type, id, before, resource }: Pending): { readonly holder: string; readonly was: string | undefined; readonly is: string | undefined } {
  const old = before === undefined || before.method === 'delete' ? undefined : (JSON.parse(before.text) as Resource);
  return { holder: refOf(type, id), was: keyHeldBy(asFlag(old)), is: keyHeldBy(asFlag(resource)) };
}

const asFlag = (resource: Resource | undefined): Flag | undefined => resource as Flag | undefined; // it was stored, or is about to be, as a Flag
