-- What is known of a draft is written once and read whole, so it is kept as the text that it came as: taking it apart and putting
-- it together again took more of the database's time than all else about a draft.
alter table generations
  alter lead_snapshot type json using lead_snapshot::text::json,
  alter commonality type json using commonality::text::json,
  alter facts type json using facts::text::json,
  alter used_facts type json using used_facts::text::json,
  alter quality type json using quality::text::json,
  alter research type json using research::text::json,
  alter use type json using use::text::json;

alter table draft_contents
  alter facts type json using facts::text::json,
  alter used_facts type json using used_facts::text::json,
  alter commonality type json using commonality::text::json,
  alter quality type json using quality::text::json,
  alter research type json using research::text::json,
  alter use type json using use::text::json,
  alter edited_quality type json using edited_quality::text::json;
