/** What to look at and try once the story is told. */
import { player } from './cast.ts';
import type { Place } from './stage.ts';

const LOOKING = player('noConsent');
const ANSWER = {
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  questionnaire: 'https://pro-bridge.example/fhir/Questionnaire/cancer-weekly',
  subject: { reference: LOOKING.ref },
  item: [{ linkId: 'safety', item: [{ linkId: 'fever', answer: [{ valueBoolean: true }] }] }],
};

const timelineOf = ({ client }: Place): string => `${client.base}/${player('fever').ref}/$timeline`;
const alertsOf = ({ client }: Place): string => `${client.base}/Flag?status=active&_include=Flag:patient`;

/** What is printed must work: what only reads is read, and the answer is checked without being stored. */
export async function requireCommands(centre: Place): Promise<void> {
  for (const url of [timelineOf(centre), alertsOf(centre)]) await centre.client.read(url.slice(centre.client.base.length + 1));
  await centre.client.send('POST', 'QuestionnaireResponse/$validate', ANSWER, 200);
}

export function invitation(centre: Place): string {
  const json = "-H 'Content-Type: application/fhir+json' -H 'Prefer: return=OperationOutcome'";
  return `
The staff page:  ${centre.origin}/
The FHIR base:   ${centre.client.base}

Try:
  curl -s '${timelineOf(centre)}'
  curl -s '${alertsOf(centre)}'
  curl -s ${json} -d '${JSON.stringify(ANSWER)}' ${centre.client.base}/QuestionnaireResponse`;
}
