/** What a source is called, and what it is for in its owner's words. @module */
import { Textarea, TextInput } from '@mantine/core';
import { type FieldsProps, plain } from './fields';

/** @param hint  What its name means here. */
export function NamingFields({ draft, faults, onChange, hint }: FieldsProps & { readonly hint: string }) {
  return (
    <>
      <TextInput
        label="Name"
        description={hint}
        placeholder="shop"
        name="name"
        value={draft.name}
        onChange={(event) => onChange({ name: event.currentTarget.value }, 'name')}
        error={faults['name']}
        {...plain}
        required
      />
      <Textarea
        label="Description"
        name="description"
        value={draft.description}
        onChange={(event) => onChange({ description: event.currentTarget.value }, 'description')}
        error={faults['description']}
        autosize
        minRows={1}
        maxRows={6}
      />
    </>
  );
}
