/** The forms of the care loop on a patient's page: plain HTML, native controls, the likely answer nearest to the thumb. */
import { type Content, type Html, html } from './html.ts';

export interface FormFacts {
  readonly patientId: string;
  readonly flagId: string;
  /** Version of the work item that the page shows. */
  readonly version: string;
  /** Name last used on this device. */
  readonly actor: string;
  readonly state: string;
  readonly critical: boolean;
  /** Scores from after the alert, newest first. */
  readonly followUps: readonly { readonly id: string; readonly text: string }[];
}

function form(facts: FormFacts, step: string, content: Content): Html {
  const id = `${facts.flagId}-${step}`;
  return html`<form method="post" action="/patients/${facts.patientId}/alerts/${facts.flagId}/${step}">
<input type="hidden" name="version" value="${facts.version}">
<label for="${id}-actor">Your name</label><input type="text" id="${id}-actor" name="actor" value="${facts.actor}" required autocomplete="name" maxlength="100">${content}</form>`;
}

const radios = (name: string, legend: string, options: readonly (readonly [value: string, label: string])[]): Html =>
  html`<fieldset><legend>${legend}</legend>${options.map(([value, label]) => html`<label class="inline"><input type="radio" name="${name}" value="${value}" required>${label}</label>`)}</fieldset>`;

const note = (label: string): Html => html`<label>${label}<textarea name="note" rows="3" maxlength="4000"></textarea></label>`;

const acknowledgeForm = (facts: FormFacts): Html => form(facts, 'acknowledge', html`<p><button type="submit">I have seen this</button></p>`);

const assessForm = (facts: FormFacts): Html =>
  form(
    facts,
    'assess',
    html`${radios('contact', 'How was the contact made?', [
      ['phone', 'By telephone'],
      ['in-person', 'In person'],
    ])}
<label class="inline"><input type="checkbox" name="direct" checked>I spoke with the patient</label>
${radios('severity', 'How severe is it, in your judgement?', [
  ['none', 'None'],
  ['mild', 'Mild'],
  ['moderate', 'Moderate'],
  ['severe', 'Severe'],
])}
${note('What you found (optional)')}<p><button type="submit">Record the assessment</button></p>`,
  );

const actForm = (facts: FormFacts): Html =>
  form(
    facts,
    'act',
    html`${radios('action', 'What was done?', [
      ['education', 'Education or advice'],
      ['psychological-support', 'Psychological support'],
      ['medication', 'Advice on medicine'],
      ['referral', 'Referral'],
      ['none', 'Nothing (say why below)'],
    ])}<label>Referred to (for a referral)<input type="text" name="target" maxlength="200"></label>${note('Details, or the reason')}<p><button type="submit">Record the action</button></p>`,
  );

const monitorForm = (facts: FormFacts): Html => form(facts, 'monitor', html`<p><button type="submit" class="quiet">Keep watching</button></p>`);

const followUpChoice = ({ followUps }: FormFacts): Html =>
  html`<label>Follow-up score<select name="followUp"><option value="">None: I give a reason below</option>${followUps.map(({ id, text }, n) => html`<option value="${id}"${n === 0 && html` selected`}>${text}</option>`)}</select></label>`;

const closeForm = (facts: FormFacts): Html =>
  form(
    facts,
    'close',
    html`${followUpChoice(facts)}<label>Reason<textarea name="reason" rows="2" maxlength="4000"></textarea></label>
<label>Other ending<select name="ending"><option value="">No: the matter is resolved</option><option value="admitted">Admitted to hospital</option><option value="unreachable">Could not be reached after every attempt</option><option value="died">Died</option></select></label>
${facts.critical && html`<p class="soft">A critical alert is closed only after somebody spoke with the patient.</p>`}<p><button type="submit">Close this alert</button></p>`,
  );

const STEPS = [
  { step: 'acknowledge', title: 'Acknowledge', draw: acknowledgeForm },
  { step: 'assess', title: 'Record an assessment', draw: assessForm },
  { step: 'act', title: 'Record what was done', draw: actForm },
  { step: 'monitor', title: 'Keep watching', draw: monitorForm },
  { step: 'close', title: 'Close the alert', draw: closeForm },
] as const;

/** By state: the step that comes next (its form stands open) and the others that make sense. */
const OFFERED: Readonly<Record<string, readonly [string, ...string[]]>> = {
  raised: ['acknowledge', 'assess', 'close'],
  acknowledged: ['assess', 'close'],
  assessed: ['act', 'assess', 'close'],
  intervened: ['close', 'monitor', 'act', 'assess'],
  monitoring: ['close', 'act', 'assess'],
};

interface Offer {
  /** Something new came in since somebody took note, so taking note comes first. */
  readonly again: boolean;
  /** The next step's form stands open. */
  readonly isOpen: boolean;
}

export function stepForms(facts: FormFacts, { again, isOpen }: Offer): readonly Html[] {
  const offered = OFFERED[facts.state] ?? ['acknowledge', 'assess', 'close'];
  const order = again && offered[0] !== 'acknowledge' ? ['acknowledge', ...offered] : offered;
  return order.flatMap((name, n) =>
    STEPS.filter(({ step }) => step === name).map(
      ({ title, draw }) => html`<details class="card"${isOpen && n === 0 && html` open`}><summary>${title}</summary>${draw(facts)}</details>`,
    ),
  );
}
