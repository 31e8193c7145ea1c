/** https://hl7.org/fhir/R4/http.html#capabilities */
import { FhirError } from '../../fhir/outcome.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import { documentAnswer } from '../kept-document.ts';
import type { FhirResponse } from '../message.ts';
import { FHIR_JSON } from '../negotiate.ts';
import { one, refuseUnknown } from '../query.ts';
import { shaped, shapeOf } from '../shape.ts';
import { terminologyCapabilities } from './terminology/capabilities.ts';

/** `mode=terminology` asks for the TerminologyCapabilities. */
export async function capabilities(call: Call): Promise<FhirResponse> {
  const { request, services } = call;
  refuseUnknown(request, ['mode']);
  const mode = one(request.query, 'mode') ?? 'full';
  if (mode === 'terminology') return jsonAnswer(200, JSON.stringify(await terminologyCapabilities(call)));
  if (mode !== 'full' && mode !== 'normative')
    throw new FhirError('bad-parameter', `mode=${JSON.stringify(mode.slice(0, 100))} is not offered; allowed: full, normative, terminology.`);
  const document = services.description.statement(request.base);
  const shape = shapeOf(request.query);
  if (shape.keep !== 'all') return shaped(jsonAnswer(200, document.text), shape, services.registry);
  return documentAnswer(request, document, FHIR_JSON);
}
