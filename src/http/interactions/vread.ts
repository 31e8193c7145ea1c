/** https://hl7.org/fhir/R4/http.html#vread */
import { FhirError } from '../../fhir/outcome.ts';
import { versionAnswer, versionHeaders } from '../answer.ts';
import { contentAnswer } from '../binary.ts';
import type { Call } from '../call.ts';
import type { FhirResponse } from '../message.ts';
import { alreadyHas } from '../preconditions.ts';
import { refuseUnknown } from '../query.ts';
import { shaped, shapeOf } from '../shape.ts';

export async function vread({ request, named, reader, services }: Call): Promise<FhirResponse> {
  const { type = '', id = '', version: number = '' } = named;
  refuseUnknown(request, []);
  const version = /^[1-9]\d{0,14}$/.test(number) ? await reader.vread(type, id, Number(number)) : undefined;
  if (version === undefined)
    throw new FhirError(
      'not-found',
      `There is no version ${number} of ${type}/${id} here, or you may not see it; ${type}/${id}/_history lists those there are.`,
    );
  if (version.method === 'delete') throw new FhirError('gone', `Version ${number} of ${type}/${id} is its deletion.`, { headers: versionHeaders(version) });
  if (alreadyHas(request, version)) return { status: 304, headers: versionHeaders(version), body: '' };
  const content = contentAnswer(request, version);
  if (content !== undefined) return content;
  return shaped(versionAnswer(200, version), shapeOf(request.query), services.registry);
}
