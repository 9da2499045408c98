-- How many rows that are there stand in each block of 1024 positions of a dataset, so that a page far down a large dataset is
-- sought and not counted to. Whoever changes rows adds a line of what changed and waits for nobody; a reader adds up the lines
-- that it sees, which are those of the rows that it sees.
create table dataset_row_counts (
  dataset_id uuid not null,
  block integer not null,
  rows integer not null
);
create index dataset_row_counts_block on dataset_row_counts (dataset_id, block) include (rows);

insert into dataset_row_counts (dataset_id, block, rows)
select dataset_id, row_index >> 10, count(*) from dataset_rows where removed_at is null group by 1, 2;

-- Where many lines stand for one block they become one. Lines that another transaction is just doing this to are left to it,
-- so nobody waits. In a transaction that reads one moment it would be refused, and can be left to the next.
create function add_to_row_counts(datasets uuid[], blocks integer[], changes bigint[]) returns void language plpgsql as $$
declare
  crowded record;
begin
  insert into dataset_row_counts (dataset_id, block, rows) select * from unnest(datasets, blocks, changes);
  if current_setting('transaction_isolation') <> 'read committed' then
    return;
  end if;
  for crowded in
    select c.dataset_id, c.block
    from unnest(datasets, blocks) as t (dataset_id, block) join dataset_row_counts c on c.dataset_id = t.dataset_id and c.block = t.block
    group by 1, 2 having count(*) > 16
  loop
    with gone as (
      delete from dataset_row_counts c where c.ctid = any(array(
        select o.ctid from dataset_row_counts o where o.dataset_id = crowded.dataset_id and o.block = crowded.block for update skip locked))
      returning c.rows
    )
    insert into dataset_row_counts (dataset_id, block, rows)
    select crowded.dataset_id, crowded.block, sum(rows) from gone having sum(rows) <> 0;
  end loop;
end $$;

create function count_new_rows() returns trigger language plpgsql as $$
begin
  perform add_to_row_counts(array_agg(dataset_id), array_agg(block), array_agg(n))
  from (select dataset_id, row_index >> 10 as block, count(*) as n from after_rows where removed_at is null group by 1, 2) made;
  return null;
end $$;

-- A change of cells alone comes to nothing here.
create function count_changed_rows() returns trigger language plpgsql as $$
begin
  perform add_to_row_counts(array_agg(dataset_id), array_agg(block), array_agg(n))
  from (
    select dataset_id, block, sum(n) as n
    from (
      select dataset_id, row_index >> 10 as block, -1 as n from before_rows where removed_at is null
      union all
      select dataset_id, row_index >> 10, 1 from after_rows where removed_at is null) each_row
    group by 1, 2 having sum(n) <> 0) moved;
  return null;
end $$;

-- The counts of a dataset that is gone as a whole, as with its workspace, go with it.
create function count_deleted_rows() returns trigger language plpgsql as $$
begin
  perform add_to_row_counts(array_agg(dataset_id), array_agg(block), array_agg(n))
  from (
    select dataset_id, row_index >> 10 as block, -count(*) as n from before_rows where removed_at is null group by 1, 2) gone
  where exists (select from datasets d where d.dataset_id = gone.dataset_id);
  delete from dataset_row_counts c
  where c.dataset_id in (select distinct dataset_id from before_rows) and not exists (select from datasets d where d.dataset_id = c.dataset_id);
  return null;
end $$;

create trigger count_new_rows after insert on dataset_rows
  referencing new table as after_rows for each statement execute function count_new_rows();
create trigger count_changed_rows after update on dataset_rows
  referencing old table as before_rows new table as after_rows for each statement execute function count_changed_rows();
create trigger count_deleted_rows after delete on dataset_rows
  referencing old table as before_rows for each statement execute function count_deleted_rows();
