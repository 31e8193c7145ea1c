/** `Patient/$timeline`, an operation of this project: alerts, scores and treatment history in one Bundle. See docs/rest.md. */
import { FhirError } from '../../fhir/outcome.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import type { FhirResponse } from '../message.ts';
import { withParameters } from '../parameters.ts';
import { refuseUnknown } from '../query.ts';

export async function timeline({ request, named, permit, reader, services }: Call): Promise<FhirResponse> {
  refuseUnknown(withParameters(request), []);
  const { id = '' } = named;
  const patient = await reader.read('Patient', id);
  if (patient === undefined) throw new FhirError('not-found', `There is no Patient/${id} here, or you may not see it.`);
  if (patient.method === 'delete') throw new FhirError('gone', `Patient/${id} was deleted.`);
  return jsonAnswer(200, await services.timeline(id, { permit, reader }, request.base));
}
