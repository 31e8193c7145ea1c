/** The fields and files of a submitted form. https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-submission-algorithm */
import type { IncomingMessage } from 'node:http';
import { FhirError } from '../fhir/outcome.ts';
import type { PageRequest, UploadedFile } from './message.ts';
import { readBody, readBytes } from './read-body.ts';

/** Longest form of a page without files, in bytes. */
const MAX_FORM = 1024 * 1024;
/** Longest form with files, in bytes: one photograph from a telephone, and the fields. */
const MAX_UPLOAD = 6 * 1024 * 1024;

export async function readForm(incoming: IncomingMessage): Promise<Pick<PageRequest, 'form' | 'files'>> {
  const type = incoming.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) return { form: new URLSearchParams(await readBody(incoming, MAX_FORM)), files: new Map() };
  return split(await parts(await readBytes(incoming, MAX_UPLOAD), type));
}

async function parts(bytes: Buffer, type: string): Promise<FormData> {
  try {
    return await new Response(new Uint8Array(bytes), { headers: { 'Content-Type': type } }).formData();
  } catch (cause) {
    throw new FhirError('bad-request', 'The form that was sent cannot be read.', { cause });
  }
}

/** A file field that was left empty is sent as a file without a name. */
async function split(data: FormData): Promise<Pick<PageRequest, 'form' | 'files'>> {
  const form = new URLSearchParams();
  const files = new Map<string, UploadedFile>();
  for (const [name, value] of data) {
    if (typeof value === 'string') form.append(name, value);
    else if (value.size > 0 || value.name !== '') files.set(name, { name: value.name, type: value.type, bytes: new Uint8Array(await value.arrayBuffer()) });
  }
  return { form, files };
}
