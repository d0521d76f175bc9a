/** Adds an account: with a password that is made or typed, or with none; a service account with a key at once. @module */

import { Button, Group, Modal, MultiSelect, PasswordInput, Radio, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { type User, useRoles } from '../../api/access';
import { api, type Problem, problemOf, unwrap } from '../../api/client';
import { useMe } from '../../api/session';
import { ChooseOrganisation } from '../../parts/choose-organisation';
import { narrow } from '../../parts/data-table';
import { faultOf, ProblemAlert } from '../../parts/problem-alert';
import { revealing } from '../../parts/revealing';
import { ShownOnce } from '../../parts/shown-once';
import { ButtonTo } from '../../parts/to';
import { type Kind, kindWords, pathOf } from './account';

/** What new accounts have in every organisation unless something else is chosen. */
const usualRoles = ['member'];

type PasswordChoice = 'made' | 'typed' | 'none';

interface Added {
  readonly user: User;
  readonly password: string | null;
  readonly key: string | null;
  /** The account is there, its key is not. */
  readonly keyProblem: Problem | null;
}

export function AddAccount({
  kind,
  organisation,
  isOpen,
  onClose,
}: {
  readonly kind: Kind;
  /** Uid to begin with; `null`: one’s own. */
  readonly organisation: string | null;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const isNarrow = useMediaQuery(narrow);
  const [added, setAdded] = useState<Added | null>(null);
  useEffect(() => {
    if (isOpen) setAdded(null);
  }, [isOpen]);
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={
        added === null ? `Add ${kind === 'api' ? 'an' : 'a'} ${kindWords[kind]}` : `${added.user.username} was added`
      }
      size="lg"
      fullScreen={isNarrow === true}
      closeButtonProps={{ 'aria-label': 'Close' }}
      closeOnClickOutside={added === null}
    >
      {added === null ? (
        <AddForm kind={kind} organisation={organisation} onCancel={onClose} onAdded={setAdded} />
      ) : (
        <Done added={added} onClose={onClose} />
      )}
    </Modal>
  );
}

function AddForm({
  kind,
  organisation: first,
  onCancel,
  onAdded,
}: {
  readonly kind: Kind;
  readonly organisation: string | null;
  readonly onCancel: () => void;
  readonly onAdded: (added: Added) => void;
}) {
  const me = useMe();
  const queries = useQueryClient();
  const [username, setUsername] = useState('');
  const [organisation, setOrganisation] = useState<string | null>(first ?? me.user.organisation.uid);
  const [displayName, setDisplayName] = useState('');
  const [email, setEmail] = useState('');
  const [roles, setRoles] = useState<string[]>(usualRoles);
  const [choice, setChoice] = useState<PasswordChoice>(kind === 'service' ? 'none' : 'made');
  const [password, setPassword] = useState('');
  const [mustChange, setMustChange] = useState(kind === 'person');
  const [isKeyWanted, setIsKeyWanted] = useState(kind === 'service');
  const { found: known = [] } = useRoles(organisation);

  const adding = useMutation({
    mutationFn: async (): Promise<Added> => {
      const body = {
        ...{ kind, username, organisation: organisation ?? '', roles },
        ...(displayName === '' ? {} : { displayName }),
        ...(email === '' ? {} : { email }),
        ...(choice === 'made' ? { generatePassword: true as const } : {}),
        ...(choice === 'typed' ? { password, mustChange } : {}),
      };
      const { password: made, ...user } = await unwrap(api.POST('/admin/v1/users', { body }));
      if (!isKeyWanted) return { user, password: made, key: null, keyProblem: null };
      const key = { name: `${user.username} 1`, purpose: 'made with the account' };
      try {
        const params = { query: { user: user.username } };
        const { value } = await unwrap(api.POST('/admin/v1/api-keys', { params, body: key }));
        return { user, password: made, key: value, keyProblem: null };
      } catch (thrown) {
        return { user, password: made, key: null, keyProblem: problemOf(thrown) };
      }
    },
    onSuccess: async (added) => {
      onAdded(added);
      await queries.invalidateQueries({ queryKey: ['users'] });
    },
  });
  const problem = adding.error === null ? null : problemOf(adding.error);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        adding.mutate();
      }}
    >
      <Stack>
        <TextInput
          label="User name"
          description="What is signed in with. It stays: trails and grants name it."
          value={username}
          onChange={(event) => setUsername(event.currentTarget.value)}
          {...faultOf(problem, 'username')}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          required
          data-autofocus
        />
        <ChooseOrganisation
          label="Organisation"
          value={organisation}
          onChange={(uid) => {
            setOrganisation(uid);
            setRoles(usualRoles);
          }}
          {...faultOf(problem, 'organisation')}
        />
        <Group grow preventGrowOverflow={false}>
          <TextInput
            label="Shown as"
            value={displayName}
            onChange={(event) => setDisplayName(event.currentTarget.value)}
            {...faultOf(problem, 'displayName')}
            autoComplete="off"
          />
          {kind === 'person' ? (
            <TextInput
              label="E-mail"
              type="email"
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
              {...faultOf(problem, 'email')}
              autoComplete="off"
            />
          ) : null}
        </Group>
        <MultiSelect
          label="Roles"
          description="What the account may do, and which data it reaches."
          data={[...new Set([...known.map(({ name }) => name), ...roles])]}
          value={roles}
          onChange={setRoles}
          searchable
          nothingFoundMessage="The organisation has no such role"
          {...faultOf(problem, 'roles')}
        />
        <Radio.Group
          label="Password"
          value={choice}
          onChange={(value) => setChoice(value as PasswordChoice)}
          {...(choice === 'typed' ? {} : faultOf(problem, 'password'))}
        >
          <Stack gap="xs" mt="xs">
            <Radio
              value="made"
              label="Make one"
              description={
                kind === 'person'
                  ? 'Shown once. It is temporary: the first sign-in asks for another.'
                  : 'Shown once. Long and random.'
              }
            />
            <Radio value="typed" label="Type one" />
            <Radio
              value="none"
              label="None"
              description={
                kind === 'person' ? 'They cannot sign in until one is set.' : 'It uses API keys, and cannot sign in.'
              }
            />
          </Stack>
        </Radio.Group>
        {choice === 'typed' ? (
          <>
            <PasswordInput
              label="The password"
              description="Long beats complicated: a few unusual words are fine."
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              {...faultOf(problem, 'password')}
              visibilityToggleButtonProps={revealing}
              autoComplete="new-password"
              required
            />
            <Switch
              label="Has to be changed at the first sign-in"
              checked={mustChange}
              onChange={(event) => setMustChange(event.currentTarget.checked)}
            />
          </>
        ) : null}
        {kind === 'service' ? (
          <Switch
            label="Make an API key for it at once"
            description="Shown once, when the account is there. It may do what the account may; narrow it on its page."
            checked={isKeyWanted}
            onChange={(event) => setIsKeyWanted(event.currentTarget.checked)}
          />
        ) : null}
        <ProblemAlert problem={problem} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={adding.isPending}>
            Add {username === '' ? kindWords[kind] : username}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Done({ added, onClose }: { readonly added: Added; readonly onClose: () => void }) {
  const { user, password, key, keyProblem } = added;
  return (
    <Stack>
      {password === null ? null : <ShownOnce what="Password" value={password} />}
      {key === null ? null : <ShownOnce what="API key" value={key} />}
      {keyProblem === null ? null : (
        <ProblemAlert problem={keyProblem} title="The account is there, but no API key was made" />
      )}
      {password === null && key === null && keyProblem === null ? (
        <Text>
          {user.hasPassword
            ? 'It signs in with the password that you typed, which is not shown again.'
            : 'The account has nothing to sign in with yet. Set a password or make an API key on its page.'}
        </Text>
      ) : null}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
        <ButtonTo href={pathOf(user.username, user.kind)}>Open its page</ButtonTo>
      </Group>
    </Stack>
  );
}
