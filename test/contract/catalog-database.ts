/**
 * A large database for reading catalogues, built by one statement of the server: tables of twelve columns with a
 * primary key, a foreign key, an index and comments, over ten schemas.
 *
 * @module
 */

/** How many tables stand in one schema. */
export function schemasOf(tables: number): number {
  return Math.max(1, Math.min(10, Math.floor(tables / 100)));
}

/** A `DO` block for a session that is in no transaction; it commits as it goes, so that locks do not pile up. */
export function buildTables(tables: number): string {
  const schemas = schemasOf(tables);
  return `DO $build$
DECLARE
  home text; target text;
BEGIN
  FOR s IN 0..${schemas - 1} LOOP
    EXECUTE format('CREATE SCHEMA shop_%s', s);
    EXECUTE format('COMMENT ON SCHEMA shop_%s IS %L', s, 'Schema number ' || s);
  END LOOP;
  FOR t IN 0..${tables - 1} LOOP
    home := format('shop_%s.item_%s', t % ${schemas}, lpad(t::text, 6, '0'));
    EXECUTE format('CREATE TABLE %s (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent_id bigint, code varchar(40) NOT NULL,
      title text, price numeric(12,2) NOT NULL DEFAULT 0, amount integer DEFAULT 1, is_active boolean DEFAULT true,
      created_at timestamptz NOT NULL DEFAULT now(), changed_at timestamp(3), day date, tags text[], body jsonb
    )', home);
    target := format('shop_%s.item_%s', greatest(t - 1, 0) % ${schemas}, lpad(greatest(t - 1, 0)::text, 6, '0'));
    EXECUTE format('ALTER TABLE %s ADD FOREIGN KEY (parent_id) REFERENCES %s ON DELETE CASCADE', home, target);
    EXECUTE format('CREATE INDEX ON %s (code, day)', home);
    EXECUTE format('COMMENT ON TABLE %s IS %L', home, 'Items of kind ' || t);
    EXECUTE (SELECT string_agg(format('COMMENT ON COLUMN %s.%s IS %L', home, column_name, 'What ' || column_name
      || ' says about the item, in a sentence of usual length'), ';') FROM unnest(ARRAY['id', 'parent_id', 'code',
      'title', 'price', 'amount', 'is_active', 'created_at', 'changed_at', 'day', 'tags', 'body']) AS column_name);
    IF t % 100 = 99 THEN COMMIT; END IF;
  END LOOP;
END $build$`;
}
