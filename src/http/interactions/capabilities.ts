/** https://hl7.org/fhir/R4/http.html#capabilities */
import { FhirError } from '../../fhir/outcome.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import type { FhirResponse } from '../message.ts';
import { one } from '../query.ts';
import { terminologyCapabilities } from './terminology/capabilities.ts';

/** `mode=terminology` asks for the TerminologyCapabilities. */
export async function capabilities(call: Call): Promise<FhirResponse> {
  const { request, services } = call;
  const mode = one(request.query, 'mode') ?? 'full';
  if (mode === 'terminology') return jsonAnswer(200, JSON.stringify(await terminologyCapabilities(call)));
  if (mode !== 'full' && mode !== 'normative')
    throw new FhirError('bad-parameter', `mode=${JSON.stringify(mode.slice(0, 100))} is not offered; allowed: full, normative, terminology.`);
  return jsonAnswer(200, services.capabilities(request.base));
}
