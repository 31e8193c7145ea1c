/** Names the operation at fault: in a transaction the client must see which entry was refused, and where in it. */
import { FhirError } from '../fhir/outcome.ts';

/** Runs the work of one operation; a refusal gets `Bundle.entry[index]` in front of each of its expressions. */
export async function atEntry<T>(index: number | undefined, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw index !== undefined && error instanceof FhirError ? named(error, index) : error;
  }
}

function named(error: FhirError, index: number): FhirError {
  const entry = `Bundle.entry[${index}]`;
  const issues = error.issues.map((issue) => ({ ...issue, expression: issue.expression?.map((path) => inEntry(entry, path)) ?? [entry] }));
  return new FhirError(error.fault, error.message, { issues, headers: error.headers, cause: error.cause });
}

/** `Observation.status` → `Bundle.entry[3].resource.status` */
function inEntry(entry: string, path: string): string {
  const dot = path.indexOf('.');
  return dot < 0 ? `${entry}.resource` : `${entry}.resource${path.slice(dot)}`;
}
