import type { Rule } from '../rule.ts';
import { answers } from './answers.ts';
import { binding } from './binding.ts';
import { bundleEntry } from './bundle-entry.ts';
import { contained } from './contained.ts';
import { extension } from './extension.ts';
import { fragment } from './fragment.ts';
import { invariant } from './invariant.ts';
import { knownCode } from './known-code.ts';
import { narrowing } from './narrowing.ts';
import { primitiveFormat } from './primitive-format.ts';
import { reference } from './reference.ts';
import { typeProfile } from './type-profile.ts';
import { xhtml } from './xhtml.ts';

/**
 * The rules, in the order in which a value meets them: first how it is written, then what it means, then how it agrees with
 * the values around it. Shape, unknown elements and cardinality come before all of these, in the walk itself.
 */
export const RULES: readonly Rule[] = Object.freeze([
  primitiveFormat,
  xhtml,
  binding,
  knownCode,
  reference,
  fragment,
  extension,
  contained,
  bundleEntry,
  typeProfile,
  invariant,
  narrowing,
  answers,
]);
