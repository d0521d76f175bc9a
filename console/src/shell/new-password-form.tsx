/** Choosing a new password, typed twice; the server's policy decides and its words are shown at the field. @module */
import { Button, PasswordInput, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, problemOf, unwrap } from '../api/client';
import { ProblemAlert } from '../parts/problem-alert';
import { revealing } from '../parts/revealing';

export function NewPasswordForm({
  username,
  current,
  onChanged,
}: {
  readonly username: string;
  /** `null`: it has to be typed. */
  readonly current: string | null;
  /** Every session of the account is over when this is called. */
  readonly onChanged: (next: string) => Promise<void>;
}) {
  const [old, setOld] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const isSame = next === again;
  const changing = useMutation({
    mutationFn: async () => {
      await unwrap(api.POST('/admin/v1/session/password', { body: { username, current: current ?? old, new: next } }));
      await onChanged(next);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isSame) changing.mutate();
      }}
    >
      <Stack>
        <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        {current === null ? (
          <PasswordInput
            label="Password now"
            value={old}
            onChange={(event) => setOld(event.currentTarget.value)}
            autoComplete="current-password"
            visibilityToggleButtonProps={revealing}
            required
          />
        ) : null}
        <PasswordInput
          label="New password"
          description="Long beats complicated: a few unusual words are fine."
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
          autoComplete="new-password"
          visibilityToggleButtonProps={revealing}
          required
        />
        <PasswordInput
          label="New password, once more"
          value={again}
          onChange={(event) => setAgain(event.currentTarget.value)}
          autoComplete="new-password"
          error={again !== '' && !isSame ? 'The two are not the same.' : undefined}
          visibilityToggleButtonProps={revealing}
          required
        />
        <ProblemAlert problem={changing.error === null ? null : problemOf(changing.error)} />
        <Button type="submit" loading={changing.isPending} disabled={next === '' || !isSame}>
          Change password
        </Button>
      </Stack>
    </form>
  );
}
