/** The paths by which slices are told apart: a small part of FHIRPath. https://hl7.org/fhir/R4/profiling.html#discriminator */

export type PathStep =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'extension'; readonly url: string }
  | { readonly kind: 'type'; readonly type: string }
  | { readonly kind: 'resolve' };

const STEP = /^(?:(\$this)|resolve\(\)|extension\(\s*['"]([^'"]+)['"]\s*\)|(?:ofType|as)\(\s*([A-Za-z]+)\s*\)|([A-Za-z_][A-Za-z0-9_]*)(\[x\])?)(?:\.|$)/;

/** Undefined where the path is none that discriminators may have. */
export function parsePath(path: string): readonly PathStep[] | undefined {
  const steps: PathStep[] = [];
  for (let rest = path.trim(); rest !== ''; ) {
    const found = STEP.exec(rest);
    if (found === null) return undefined;
    const step = stepOf(found);
    if (step !== undefined) steps.push(step);
    rest = rest.slice(found[0].length);
  }
  return steps;
}

function stepOf([text, self, url, type, name]: RegExpExecArray): PathStep | undefined {
  if (self !== undefined) return undefined;
  if (url !== undefined) return { kind: 'extension', url };
  if (type !== undefined) return { kind: 'type', type };
  return text.startsWith('resolve()') ? { kind: 'resolve' } : { kind: 'name', name: name ?? '' };
}
