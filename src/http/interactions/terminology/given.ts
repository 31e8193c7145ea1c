/** The code that an operation is asked about. */
import { FhirError } from '../../../fhir/outcome.ts';
import type { Coding } from '../../../fhir/resource.ts';
import type { CodeAt } from '../../../terminology/lookup.ts';
import type { CodeGiven } from '../../../terminology/validate-code.ts';
import type { Input } from '../../operation-input.ts';

interface Beside {
  /** What `code` alone is taken to be of. */
  readonly system: string | undefined;
  readonly version: string | undefined;
  /** Whether `code` without a system is refused. */
  readonly needsSystem: boolean;
}

/** One of code, coding and codeableConcept. Throws `bad-parameter` where it is none or several of them. */
export function codeGiven(input: Input, beside: Beside): CodeGiven {
  const forms = ['code', 'coding', 'codeableConcept'].filter((name) => input.has(name));
  if (forms.length !== 1)
    throw new FhirError(
      'bad-parameter',
      `One of code, coding and codeableConcept is needed; ${forms.length === 0 ? 'none is given' : `${forms.join(' and ')} are given`}.`,
    );
  const concept = input.concept('codeableConcept');
  if (concept !== undefined) return { form: 'codeableConcept', concept };
  const coding = input.coding('coding');
  if (coding !== undefined) return { form: 'coding', coding: coding as Coding }; // fhir/r4's Coding is ours with undefined written out
  const code = input.text('code');
  if (beside.needsSystem && beside.system === undefined)
    throw new FhirError('bad-parameter', `The code ${JSON.stringify(code?.slice(0, 100))} has no system: name it with system, or ask with inferSystem=true.`);
  return { form: 'code', coding: codingOf({ ...beside, code, display: input.text('display') }) };
}

function codingOf({ system, version, code, display }: { [key in 'system' | 'version' | 'code' | 'display']: string | undefined }): Coding {
  return {
    ...(system === undefined ? {} : { system }),
    ...(version === undefined ? {} : { version }),
    ...(code === undefined ? {} : { code }),
    ...(display === undefined ? {} : { display }),
  };
}

/** `code`, `system` and `version`, or a coding; under the names that the operation has for them. */
export function codeAt(input: Input, names: { readonly code: string; readonly coding: string }, system: string | undefined): CodeAt {
  const coding = input.coding(names.coding);
  const code = coding?.code ?? input.text(names.code);
  const url = coding?.system ?? input.text('system') ?? system;
  if (code === undefined || code === '') throw new FhirError('bad-parameter', `No code: give ${names.code} (with system) or ${names.coding}.`);
  if (url === undefined)
    throw new FhirError('bad-parameter', `The code ${JSON.stringify(code.slice(0, 100))} has no system: name its code system with system.`);
  return { system: url, version: coding?.version ?? input.text('version'), code };
}
