/** Makes logical ids in the order of time, so that the rows of one answer lie side by side in every index of the store. */
import { randomUUID } from 'node:crypto';

/** A UUID of version 7: 48 bits of milliseconds since the epoch, the rest random. https://www.rfc-editor.org/rfc/rfc9562#section-5.7 */
export function timeOrderedId(now = Date.now()): string {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
