/** The validator, for which a SearchParameter that cannot be searched by is at fault. */
import type { SearchParameter } from 'fhir/r4';
import type { Issue } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import { flawsOf } from '../search/check-parameter.ts';
import type { Params } from '../search/params.ts';
import type { Validator } from '../validate/validator.ts';

/**
 * What comes in a package, of which most is of use, is warned of and stored; `$status` says what cannot be used of it.
 * `isPackaged`: whether a package brought the resource.
 */
export const checkingSearchParameters = (validator: Validator, params: Params, isPackaged: (resource: Resource) => boolean): Validator => ({
  ...validator,
  validate: (resource, ...rest) => {
    const validation = validator.validate(resource, ...rest);
    if (resource.resourceType !== 'SearchParameter' || validation.issues.some(isError)) return validation;
    return { ...validation, issues: [...validation.issues, ...issuesOf(resource, params, isPackaged(resource))] };
  },
});

const isError = ({ severity }: Issue): boolean => severity === 'error' || severity === 'fatal';

function issuesOf(resource: Resource, params: Params, isLenient: boolean): Issue[] {
  const flaws = flawsOf(resource as unknown as SearchParameter, params); // it has just passed the rules of that type
  return flaws.slice(0, MOST).map(({ text, element, isPart }) => {
    const severity = isLenient || isPart ? 'warning' : 'error';
    return { severity, code: 'business-rule', text, expression: [`SearchParameter.${element}`] };
  });
}

/** What is wrong on one type is most often wrong on all. */
const MOST = 5;
