/** `$pull`, an operation of this project: asks the hospitals for the record of everyone enrolled, or of one patient, now. See docs/rest.md. */
import type { Parameters, ParametersParameter } from 'fhir/r4';
import type { PatientPull } from '../../exchange/pull-patient.ts';
import { FhirError } from '../../fhir/outcome.ts';
import { jsonAnswer } from '../answer.ts';
import type { Call } from '../call.ts';
import type { FhirResponse } from '../message.ts';
import { withParameters } from '../parameters.ts';
import { refuseUnknown } from '../query.ts';

export async function pullAll(call: Call): Promise<FhirResponse> {
  requireAllowed(call);
  const { pulls } = await call.services.bridge.pullAll();
  return report(pulls);
}

export async function pullPatient(call: Call): Promise<FhirResponse> {
  requireAllowed(call);
  const { id = '' } = call.named;
  const patient = await call.reader.read('Patient', id);
  if (patient === undefined || patient.method === 'delete') throw new FhirError('not-found', `There is no Patient/${id} here, or you may not see it.`);
  return report(await call.services.bridge.pullPatient(`Patient/${id}`));
}

/** It writes as the bridge, about whomever: only for those who may do everything. */
function requireAllowed({ permit, request }: Call): void {
  refuseUnknown(withParameters(request), []);
  if (!permit.everything) throw new FhirError('forbidden', 'Only those who run this server may start a pull.');
}

function report(pulls: readonly PatientPull[]): FhirResponse {
  const parameters: Parameters = { resourceType: 'Parameters', ...(pulls.length === 0 ? {} : { parameter: pulls.map(pulled) }) };
  return jsonAnswer(200, JSON.stringify(parameters));
}

function pulled({ patient, hospital, outcome, tally, problem }: PatientPull): ParametersParameter {
  const counts = Object.entries(tally).map(([name, valueInteger]) => ({ name, valueInteger }));
  return {
    name: 'pull',
    part: [
      { name: 'patient', valueReference: { reference: patient } },
      { name: 'hospital', valueString: hospital },
      { name: 'outcome', valueCode: outcome },
      ...counts,
      ...(problem === undefined ? [] : [{ name: 'problem', valueString: problem }]),
    ],
  };
}
