/** The registry of sources: puts its verbs together, with those that need no file of their own. @module */
import { authorize, isAllowed } from '../../access/index.js';
import { sourcesErrors } from '../errors.js';
import type { Sources } from '../use-cases.js';
import { addSource } from './add-source.js';
import { sourceEvent } from './audit-event.js';
import { changeSource } from './change-source.js';
import type { RegistryDeps } from './deps.js';
import { ownSource, toldSource } from './law.js';

export function createRegistry(deps: RegistryDeps): Sources['registry'] {
  const { store, clock } = deps;
  return {
    add: (actor, source) => addSource(deps, actor, source),
    async change(actor, reference, change) {
      const changed = await changeSource(deps, actor, reference, change);
      deps.onChange?.(changed.source.id);
      return changed;
    },

    async list({ principal }, filter, page) {
      authorize(principal, 'sources.inspect');
      const { organisationId } = principal;
      if (principal.sources?.length === 0) return { items: [] };
      const reached = principal.sources === null ? filter : { ...filter, ids: principal.sources };
      if (isAllowed(principal, 'directory.manage')) return store.listSources(reached, page);
      if (organisationId === null) return { items: [] };
      const told = await store.listSources({ ...reached, organisationId }, page);
      return { ...told, items: told.items.map((source) => toldSource(principal, source)) };
    },

    async show({ principal }, reference) {
      authorize(principal, 'sources.inspect');
      return toldSource(principal, ownSource(principal, await store.findSource(reference)));
    },

    async remove(actor, reference) {
      authorize(actor.principal, 'sources.manage');
      const { id } = await store.transaction(async (tx) => {
        const source = ownSource(actor.principal, await tx.findSource(reference));
        if (!(await tx.deleteSource(source.id))) throw sourcesErrors.not_found();
        await tx.appendAudit(sourceEvent('source.removed', clock.nowMs(), actor, source));
        return source;
      });
      deps.onChange?.(id);
    },
  };
}
