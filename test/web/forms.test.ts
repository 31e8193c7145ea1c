import { describe, expect, test } from '@jest/globals';
import { type FormFacts, stepForms, typedInVain } from '../../src/web/forms.ts';

const facts: FormFacts = {
  patientId: 'p',
  flagId: 'f',
  version: '3',
  actor: 'Nurse Berg',
  state: 'acknowledged',
  critical: false,
  followUps: [{ id: 'o1', text: 'Fatigue 2, 21 Nov 2026' }],
};

const drawn = (more: Partial<FormFacts> = {}): string =>
  stepForms({ ...facts, ...more }, { again: false, isOpen: false })
    .map(({ html }) => html)
    .join('');

describe('the forms of the care loop', () => {
  test('no follow-up score is chosen beforehand', () => {
    expect(drawn()).toContain('<option value="o1">Fatigue 2, 21 Nov 2026</option>');
    expect(drawn()).not.toMatch(/ selected| open/);
  });

  test('what was typed into a refused form stands in it again, and in no other', () => {
    const typed = new URLSearchParams({ contact: 'in-person', severity: 'severe', note: 'Pale <b>', reason: 'never shown' });
    const text = drawn({ refused: { step: 'assess', typed } });
    expect(text).toContain('value="in-person" required checked>');
    expect(text).toContain('value="severe" required checked>');
    expect(text).toContain('Pale &lt;b&gt;</textarea>');
    expect(text).not.toMatch(/name="direct" checked|never shown/);
    expect(text.match(/<details class="card" open>/g)).toHaveLength(1);
  });

  test('the ending, the score and the reason of a refused closing stand in it again', () => {
    const typed = new URLSearchParams({ followUp: 'o1', reason: 'Better now', ending: 'admitted' });
    const text = drawn({ refused: { step: 'close', typed } });
    expect(text).toContain('<option value="o1" selected>');
    expect(text).toContain('<option value="admitted" selected>');
    expect(text).toContain('Better now</textarea>');
    expect(text).toContain('name="direct" checked');
  });

  test('what was typed for an alert that is closed by now is shown', () => {
    expect(JSON.stringify(typedInVain(new URLSearchParams({ note: 'Pale', target: ' ' })))).toMatch(/not recorded.*<p>Pale<\/p>/);
    expect(typedInVain(new URLSearchParams({ note: '' }))).toBe(false);
  });
});
