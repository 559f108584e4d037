import { alertmanager } from './alertmanager/alertmanager.ts';
import type { Format } from './format.ts';
import { generic } from './generic.ts';

/** Every format by the name the configuration knows it by. */
export const formats: Readonly<Record<'generic' | 'alertmanager', Format>> = {
  alertmanager,
  generic,
};
