/**
 * The reads of a transaction come after its writes, when nothing can be taken back; so what cannot be read is found out
 * before. "Servers SHALL either accept all actions (each entry resulting in a 2xx or 3xx response code) or reject all."
 * https://hl7.org/fhir/R4/http.html#transaction-response
 */
import { FhirError } from '../../fhir/outcome.ts';
import { atEntry } from '../../record/at-entry.ts';
import { createPace } from '../../record/pace.ts';
import type { BundleEntry } from '../bundle-entry.ts';
import type { Call } from '../call.ts';
import type { FhirRequest, FhirResponse } from '../message.ts';

/** Throws for the first entry that would not be answered with 2xx or 3xx. What the transaction itself writes is not asked for yet. */
export async function requireReadable(call: Call, reads: readonly BundleEntry[], writes: readonly BundleEntry[]): Promise<void> {
  const own = new Map(writes.filter(({ request }) => request.path.length > 1).map(({ request }) => [placeOf(request), request.method]));
  const pace = createPace();
  for (const { index, request } of reads) {
    await pace();
    const written = own.get(placeOf(request));
    await atEntry(index, async () => {
      if (written === 'DELETE') refuseDeleted(request);
      if (written === undefined) refuseUnanswered(await call.dispatch(request));
    });
  }
}

/** `Patient/7` of whatever is asked about it. */
const placeOf = ({ path }: FhirRequest): string => path.slice(0, 2).join('/');

/** Its history can still be read. */
function refuseDeleted(request: FhirRequest): void {
  if (request.path.length === 2) throw new FhirError('bad-request', `${placeOf(request)} is deleted by this transaction, and read after that.`);
}

function refuseUnanswered({ status, body }: FhirResponse): void {
  if (status >= 500) throw new FhirError('internal', 'An entry that reads could not be answered; nothing of the transaction was done.');
  if (status >= 400) throw new FhirError('bad-request', textIn(body));
}

/** What the refusal says, for a person. */
function textIn(body: FhirResponse['body']): string {
  const outcome: unknown = typeof body === 'string' && body !== '' ? JSON.parse(body) : undefined;
  const [issue] = (outcome as { issue?: readonly { details?: { text?: string } }[] } | undefined)?.issue ?? []; // our own OperationOutcome
  return issue?.details?.text ?? 'This entry cannot be read.';
}
