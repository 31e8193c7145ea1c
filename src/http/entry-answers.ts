/** Answers to the entries of a Bundle, gathered: no more than fit into memory, and with a pause for others now and then. */
import type { ResponseEntry } from '../fhir/bundle.ts';
import { FhirError } from '../fhir/outcome.ts';
import { createPace } from '../record/pace.ts';
import { errorAnswer } from './answer.ts';
import { type BundleEntry, responseEntry } from './bundle-entry.ts';
import type { FhirRequest, FhirResponse } from './message.ts';

/** In characters. What is asked for after that is refused; what is written after that is answered without the resource. */
const MAX_ANSWER = 64 * 1024 * 1024;

export function createEntryAnswers(
  dispatch: (request: FhirRequest) => Promise<FhirResponse>,
  room = MAX_ANSWER,
): (entry: BundleEntry) => Promise<ResponseEntry> {
  const pace = createPace();
  let left = room;
  return async ({ request }) => {
    await pace();
    if (left <= 0 && !isWrite(request)) return responseEntry(errorAnswer(tooMuch(room)));
    const { resource, ...answer } = responseEntry(await dispatch(request));
    if (resource === undefined || request.method === 'HEAD' || left <= 0) return answer;
    left -= resource.length;
    return { ...answer, resource };
  };
}

const isWrite = ({ method, path }: FhirRequest): boolean =>
  method === 'PUT' || method === 'PATCH' || method === 'DELETE' || (method === 'POST' && path.length === 1 && !/^[_$]/.test(path[0] ?? ''));

const tooMuch = (room: number): FhirError =>
  new FhirError(
    'too-costly',
    `The entries before this one fill the answer already: ${room} characters at most are gathered. Ask for this one in a Bundle of its own.`,
  );
