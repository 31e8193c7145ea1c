import type { ProfileRule } from '../tools.ts';
import { binding } from './binding.ts';
import { bounds } from './bounds.ts';
import { constraints } from './constraints.ts';
import { fixed, pattern } from './fixed.ts';
import { target } from './target.ts';
import { regex, textLength } from './text.ts';
import { typeProfile } from './type-profile.ts';

/** What a profile asks of one value, in the order in which it is told: what it is, then what it means. */
export const PROFILE_RULES: readonly ProfileRule[] = Object.freeze([fixed, pattern, bounds, textLength, regex, binding, target, typeProfile, constraints]);
