CREATE EXTENSION sextant;
SELECT sextant.redact('Write to joe@example.org today.');
SELECT sextant.redact(NULL) IS NULL AS null_stays_null;
SELECT sextant.ingest(:'corpus', 'handbook.md', E'# Handbook\n\n## 1. Leave\n\nEmployees receive 25 days of paid annual leave per year.\n\n## 2. Contact\n\nPayroll questions go to payroll.desk@meridian-surveys.com at any time.\n');
SELECT doc, path, passage, end_at - start_at AS bytes, confidence > 0.5 AS confident
    FROM sextant.retrieve(:'corpus', 'How many days of annual leave do employees receive?', 1);
SELECT q.id, sextant.redact(r.passage) AS passage
    FROM (VALUES (1, 'How many days of annual leave?'), (2, 'Where do payroll questions go?')) q(id, question),
         LATERAL sextant.retrieve(:'corpus', q.question, 1) r ORDER BY 1;
-- errors are sentences, and the session goes on
\set VERBOSITY terse
SELECT * FROM sextant.retrieve('relative.sextant', 'anything');
SELECT * FROM sextant.retrieve(:'corpus', 'anything', 0);
SELECT sextant.redact('still here');
-- marks
SELECT proname, provolatile, proparallel, prosecdef FROM pg_proc
    WHERE pronamespace = 'sextant'::regnamespace ORDER BY proname;
-- a parallel plan redacts in its workers
CREATE TABLE mail AS SELECT i, 'Mail ' || i || ' from user' || i || '@example.org' AS body FROM generate_series(1, 3000) i;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS off) SELECT count(*) FROM mail WHERE sextant.redact(body) LIKE '%<EMAIL_ADDRESS>';
SELECT count(*) FROM mail WHERE sextant.redact(body) LIKE '%<EMAIL_ADDRESS>';
-- not everybody may open files
CREATE ROLE visitor;
SET ROLE visitor;
SELECT sextant.redact('mail joe@example.org');
SELECT * FROM sextant.retrieve('/tmp/x.sextant', 'anything');
RESET ROLE;
DROP TABLE mail;
DROP EXTENSION sextant;
