/** `Patient/$timeline`, an operation of this project: alerts, scores, treatment history and referrals in one Bundle. See docs/rest.md. */
import { timelineBundle } from '../../exchange/timeline-bundle.ts';
import { FhirError } from '../../fhir/outcome.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import type { FhirResponse } from '../message.ts';
import { withParameters } from '../parameters.ts';
import { refuseUnknown } from '../query.ts';

export async function timeline({ request, named, reader, services }: Call): Promise<FhirResponse> {
  refuseUnknown(withParameters(request), []);
  const { id = '' } = named;
  const found = await services.timeline(reader, id);
  if (found === undefined) throw new FhirError('not-found', `There is no Patient/${id} here, or you may not see it.`);
  return jsonAnswer(200, JSON.stringify(timelineBundle(found, request.base)));
}
