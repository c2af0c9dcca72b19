// Asks a person whether they mean it, and why.

import { byId } from '../../../telemetry/page/app/elements.ts';

export interface Question {
  title: string;
  text: string;
  yes: string;
  /** The record is to have a reason. */
  needsReason: boolean;
}

/** The reason, empty where none is needed; undefined: they leave it. */
export function askWhy({ title, text, yes, needsReason }: Question): Promise<string | undefined> {
  const dialog = byId<HTMLDialogElement>('why');
  const reason = byId<HTMLInputElement>('why-reason');
  byId('why-title').textContent = title;
  byId('why-text').textContent = text;
  byId('why-yes').textContent = yes;
  byId('why-label').hidden = !needsReason;
  reason.required = needsReason;
  reason.value = '';
  dialog.returnValue = '';
  byId('why-no').onclick = () => dialog.close('');
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === 'yes' ? reason.value.trim() : undefined);
  });
}
