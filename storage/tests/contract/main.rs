//! What a backend must do, as tests that know no database. Each runs on an empty store of every
//! backend that is named at the end; a further backend is a function that makes one, and a line.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
#![allow(missing_docs, unreachable_pub, reason = "the names of the tests say it")]
#![allow(clippy::panic, clippy::cast_possible_truncation, reason = "numbers in tests are small")]

mod access;
mod archive;
mod backend;
mod backup;
mod claims;
mod derived;
mod digests;
mod directory;
mod dropped;
mod epochs;
mod inbox;
mod jobs;
mod late;
mod ledger;
mod letters;
mod log;
mod logins;
mod mailer;
mod matrix;
mod mentions;
mod moving;
mod office;
mod outbox;
mod paging;
mod preferences;
mod progress;
mod quiet;
mod reading;
mod reminded;
mod reminder_logs;
mod reminders;
mod reminders_due;
mod reminding;
mod resend;
mod rewriting;
mod shut_out;
mod tasks;
mod tenants;
mod tokens;
mod told;
mod told_checker;
mod waiting;
mod world;

use world::key;

macro_rules! cases {
    ($empty:path; $($module:ident { $($test:ident,)* })*) => {$(
        mod $module {
            $(#[test]
            fn $test() {
                crate::$module::$test(&mut crate::world::World::new($empty()));
            })*
        }
    )*};
}

/// The whole suite for one backend. A test that is not in here is reported by the compiler as
/// never used.
macro_rules! contract {
    ($backend:ident, $empty:path) => {
        mod $backend {
            cases! { $empty;
                access {
                    a_member_sees_the_accounts_assigned_to_it,
                    owner_and_admins_see_every_account,
                    the_right_to_view_all_accounts_opens_every_account,
                    a_contact_sees_its_own_account_only,
                    only_active_people_see_anything,
                    threads_are_started_by_those_with_access_to_the_account,
                    a_firm_may_keep_contacts_from_starting_threads,
                    nothing_is_sent_to_an_account_that_nobody_reads,
                    accounts_say_whether_anybody_can_be_reached,
                    lists_and_single_threads_agree_on_what_is_seen,
                    a_member_of_many_accounts_sees_just_as_a_member_of_few,
                }
                archive {
                    an_archived_thread_is_read_and_not_written,
                    reminders_are_set_in_an_archived_thread_too,
                    a_message_sent_before_archiving_is_answered_as_before,
                    archiving_twice_is_once,
                    only_the_team_archives_and_sets_reminders,
                    lists_tell_archived_threads_from_the_others,
                    following_is_ones_own_choice,
                    reminder_settings_are_kept_and_shown,
                }
                backup {
                    a_backup_has_everything_and_can_be_gone_on_with,
                }
                claims {
                    what_one_notifier_has_no_other_gets,
                    two_claims_in_one_batch_are_one,
                    what_a_dead_notifier_had_is_sent_as_the_same_mail,
                    who_has_read_it_meanwhile_is_not_sent_it_again,
                    a_message_taken_back_after_the_claim_is_not_told_again,
                    only_its_holder_gives_a_mail_back_or_up,
                    that_a_mail_was_sent_counts_whoever_says_so,
                    the_id_of_a_mail_that_was_offered_is_kept,
                    what_was_never_taken_was_not_sent,
                    a_mail_is_tried_again_when_its_time_has_come,
                    the_team_is_told_of_a_mail_that_nobody_takes,
                    whose_mail_failed_is_told_where_names_are_shown,
                    a_mail_to_the_team_that_fails_is_told_to_nobody,
                    a_failure_does_not_tell_again_what_was_told,
                    notices_of_others_are_not_taken,
                    what_was_put_down_is_there_after_reopening,
                }
                derived {
                    what_is_shown_is_what_the_log_says,
                }
                digests {
                    several_threads_go_in_one_mail_when_the_first_is_due,
                    a_digest_that_is_tried_again_has_the_same_in_it,
                    what_is_not_due_comes_along_only_with_what_is,
                    who_wants_no_digest_gets_a_mail_for_each_thread,
                    digests_of_two_members_are_two_mails,
                }
                directory {
                    what_was_made_is_read_back,
                    what_a_patch_does_not_name_stays,
                    a_firm_has_one_owner_who_hands_over,
                    the_owner_is_neither_demoted_nor_deactivated,
                    changes_of_members_say_what_they_do_to_access,
                    assignments_say_what_they_do_to_access,
                    states_of_contacts_say_what_they_do_to_access,
                    a_mention_says_that_access_grew,
                    access_takes_effect_within_the_batch,
                    a_time_zone_that_nobody_knows_is_refused,
                }
                dropped {
                    a_contact_is_not_told_in_vain,
                    a_member_is_not_told_in_vain,
                    who_was_demoted_is_told_no_more,
                    an_owner_who_followed_is_told_as_a_follower_is,
                    who_was_told_as_the_owner_is_told_whoever_owns_the_firm_by_then,
                    what_is_partly_read_is_told_of_the_rest,
                    what_is_partly_taken_back_is_told_of_the_rest,
                    a_member_is_not_told_of_what_happened_beside_it,
                    who_wants_emails_again_gets_those_of_what_comes,
                    what_a_batch_did_before_counts,
                }
                epochs {
                    whatever_takes_access_away_begins_an_epoch,
                    what_only_gives_access_or_changes_nothing_begins_none,
                    later_commits_say_how_often_access_had_ended,
                    each_commit_of_a_batch_has_the_epoch_of_its_moment,
                    a_thread_says_how_it_stands,
                    all_receipts_of_a_thread_are_read_whoever_asks,
                }
                inbox {
                    a_contacts_thread_goes_to_the_owner_when_nobody_follows,
                    a_contacts_answer_goes_to_creator_and_followers,
                    nobody_is_told_of_what_it_did_itself,
                    a_colleagues_answer_goes_to_followers_only,
                    a_thread_has_one_item_which_moves_up,
                    an_item_put_away_comes_back_with_the_next_event,
                    only_what_is_there_can_be_put_away,
                    each_kind_goes_where_the_member_chose,
                    who_sees_a_thread_no_more_is_told_no_more,
                    a_mentioned_member_follows,
                }
                jobs {
                    a_job_is_of_whoever_claims_it_first,
                    a_job_whose_lease_has_run_out_is_free,
                    a_lease_is_renewed_by_its_holder,
                    a_lease_is_given_back_by_its_holder_alone,
                    a_job_is_claimed_once_in_a_batch,
                    revocations_are_forgotten_when_their_tokens_have_run_out,
                }
                late {
                    two_reminders_that_wait_for_the_morning_are_one_mail,
                    who_is_told_late_is_not_reminded_in_the_same_breath,
                    reminders_wait_for_a_mail_server_that_has_not_taken_what_they_remind_of,
                    reminders_wait_for_what_was_resent_too_and_for_what_came_since,
                    who_has_read_in_time_is_not_spared_for_a_mailbox_that_takes_nothing,
                    who_wants_no_digest_any_more_gets_what_waits_with_the_next,
                    a_contact_who_has_no_night_any_more_gets_what_waits_with_the_next,
                    who_is_called_again_while_something_waits_is_told,
                    a_task_that_was_taken_away_is_not_told_of,
                    what_was_taken_back_is_not_there_to_be_read_or_to_have_answered,
                    a_resending_is_not_sent_once_the_thread_is_archived,
                    a_link_sent_before_a_revocation_or_to_another_address_is_void,
                    a_letter_is_for_who_still_sees_its_thread,
                }
                ledger {
                    the_newest_decisions_come_first,
                    pages_of_the_ledger_are_complete_while_notices_arrive,
                    it_is_asked_by_thread_and_by_person,
                    another_firms_ledger_looks_missing,
                    a_member_reads_of_threads_that_it_sees,
                    a_member_finds_what_it_sees_below_much_that_it_does_not,
                    the_ledger_is_forgotten_after_a_while_but_not_what_waits,
                }
                letters {
                    content_is_hidden_until_somebody_wants_it_shown,
                    the_firm_shows_content_and_a_thread_may_differ,
                    a_letter_says_who_writes_and_how_it_looks,
                    the_newest_ten_unread_messages_are_quoted_the_oldest_first,
                    ones_own_messages_are_not_quoted,
                    a_long_message_is_cut_between_its_letters,
                    open_tasks_are_listed_in_their_order,
                    the_client_is_named_to_who_is_a_contact_of_several,
                    the_team_sees_of_which_client_it_is_when_content_is_shown,
                    reasons_stand_in_the_order_of_their_strength,
                    tasks_that_are_open_again_are_not_all_done,
                    a_new_thread_says_so_until_its_first_message_is_read,
                    what_is_sent_or_not_taken_has_no_letter,
                }
                log {
                    events_are_numbered_from_one_without_gaps,
                    all_readers_see_the_same_events_in_the_same_order,
                    a_commit_tells_exactly_what_was_added_to_the_log,
                    a_message_sent_twice_is_one_message_with_the_same_answer,
                    a_message_sent_twice_in_one_batch_is_one_message,
                    a_thread_created_twice_is_one_thread,
                    a_task_added_twice_is_one_task,
                    a_key_used_for_something_else_is_refused,
                    two_people_may_choose_the_same_key,
                    what_is_refused_leaves_nothing,
                    a_batch_does_everything_but_what_is_refused,
                    what_a_batch_creates_can_be_used_within_it,
                    an_empty_subject_becomes_the_first_line,
                    history_is_read_both_ways,
                    a_page_of_history_is_bounded_in_bytes,
                    everything_is_there_after_reopening,
                }
                logins {
                    a_link_logs_in_once,
                    a_link_goes_before_all_that_waits,
                    a_link_used_twice_in_a_batch_logs_in_once,
                    a_link_runs_out,
                    the_link_of_any_mail_logs_in,
                    a_link_that_was_never_mailed_is_none,
                    who_may_not_log_in_does_not_by_a_link,
                    a_link_is_sent_once_a_minute_at_most,
                    an_old_mail_asks_for_twenty_links_in_a_day_at_most,
                    a_link_about_a_thread_is_for_who_sees_it,
                    word_of_a_refused_answer_goes_once_an_hour_for_a_thread,
                    every_problem_of_an_answer_is_said,
                    what_is_known_of_a_notice_serves_links_and_answers,
                }
                mentions {
                    a_mention_gives_access_to_that_thread_and_to_nothing_else,
                    a_name_in_a_message_mentions_its_member,
                    the_first_message_of_a_thread_can_mention,
                    a_member_named_twice_is_mentioned_once,
                    only_active_members_of_the_firm_can_be_mentioned,
                    only_the_team_mentions_on_purpose,
                    access_by_mention_outlives_the_assignment,
                }
                moving {
                    a_store_that_was_moved_is_as_it_was,
                    a_store_that_was_moved_goes_on_where_it_was,
                }
                outbox {
                    the_first_event_says_when_an_email_is_due,
                    a_firm_says_for_how_long_events_are_gathered,
                    what_is_not_due_yet_is_not_looked_at_again_and_again,
                    everybody_has_a_first_event_of_its_own,
                    what_happens_until_it_is_taken_goes_along,
                    what_waits_for_a_member_grows_too,
                    nobody_is_told_by_email_of_what_it_did_itself,
                    contacts_are_told_of_messages_and_new_tasks_and_of_nothing_else,
                    each_kind_goes_by_email_as_its_member_chose,
                    the_team_is_told_by_email_as_in_the_inbox,
                    who_is_mentioned_again_is_told_again,
                    a_thread_of_another_firm_is_not_looked_at,
                }
                paging {
                    pages_are_complete_and_without_duplicates_while_items_arrive,
                    the_newest_thread_comes_first,
                    filters_hold_together,
                    what_is_no_cursor_is_refused_with_its_field,
                    a_cursor_tells_nothing_of_what_its_reader_does_not_see,
                    the_directory_is_read_in_pages,
                }
                preferences {
                    everything_is_on_until_somebody_chooses,
                    what_is_not_named_stays,
                    contacts_choose_whether_to_get_emails,
                    a_time_zone_that_nobody_knows_is_not_chosen,
                    quiet_hours_and_digests_are_kept,
                    the_active_team_is_listed_by_name_for_members,
                }
                progress {
                    tasks_are_listed_over_all_threads_one_sees,
                    totals_of_an_account_count_only_threads_one_sees,
                    a_page_of_progress_is_bounded_in_bytes_and_complete_with_the_next,
                }
                quiet {
                    what_falls_into_the_night_goes_in_the_morning,
                    the_night_is_where_the_person_is,
                    members_have_quiet_hours_too,
                    a_night_that_begins_before_the_claim_puts_it_off,
                    a_night_that_begins_before_another_try_puts_it_off_too,
                    security_mails_go_at_once,
                    quiet_hours_of_one_do_not_keep_another_waiting,
                }
                reading {
                    a_receipt_only_moves_forward,
                    reading_beyond_the_head_means_the_head,
                    posting_reads,
                    both_sides_see_how_far_everybody_has_read,
                    who_joins_a_crowd_sees_what_was_read_a_moment_before,
                    who_acts_without_reading_is_named_too,
                    who_is_only_told_takes_no_part,
                    only_messages_count_as_unread,
                    an_archived_thread_can_be_marked_as_read,
                    badges_count_what_is_seen_and_not_read,
                    nobody_reads_what_it_does_not_see,
                }
                reminded {
                    where_nobody_gets_emails_the_team_is_told_once_a_cycle,
                    a_reminder_goes_to_every_contact_that_gets_emails,
                    a_reminder_goes_in_the_name_of_who_began_the_cycle,
                    a_reminder_of_the_night_is_looked_at_again_in_the_morning,
                }
                reminder_logs {
                    how_far_reminders_are_is_what_the_log_says,
                }
                reminders {
                    a_reminder_is_pending_by_the_first_row_that_fits,
                    a_clients_own_thread_is_reminded_of_only_with_tasks,
                    whatever_one_contact_does_counts_for_the_client,
                    a_message_that_was_taken_back_is_not_reminded_of,
                    a_cycle_starts_with_what_is_new_for_the_client,
                    nothing_else_starts_a_cycle_or_moves_the_timer,
                    other_numbers_keep_the_timer_and_the_count,
                    settings_of_an_archived_thread_count_from_its_reopening,
                    how_far_reminders_are_is_told_with_what_changes_it,
                }
                reminders_due {
                    a_reminder_is_sent_when_it_is_due_and_not_before,
                    what_the_client_did_meanwhile_is_seen_when_a_reminder_is_due,
                    two_notifiers_at_once_send_one_reminder,
                    a_long_downtime_makes_one_reminder_a_thread,
                    days_are_those_of_the_clients_calendar,
                    another_time_zone_counts_from_the_next_reminder_on,
                    what_is_due_is_told_longest_due_first_and_bounded,
                }
                resend {
                    everybody_of_the_client_is_told_once_more_whatever_it_has_read,
                    a_resending_shows_what_the_firm_said_last_if_content_is_shown,
                    one_key_is_one_email,
                    only_the_team_resends_and_only_what_is_open,
                    where_nobody_gets_emails_there_is_nobody_to_notify,
                    a_resent_thread_waits_on_top,
                    a_resending_neither_counts_as_a_reminder_nor_moves_the_timer,
                    nor_does_it_if_all_was_read_in_time,
                    a_resending_waits_for_the_end_of_the_night,
                    a_resending_goes_in_place_of_what_was_still_to_be_sent,
                    who_resends_twice_in_the_night_sends_once,
                }
                rewriting {
                    an_edit_replaces_the_body_and_stands_in_the_log,
                    one_rewrites_only_ones_own_messages,
                    a_deleted_message_leaves_its_place_and_no_words,
                    a_deleted_message_is_in_no_backup,
                    a_deleted_message_stays_deleted,
                    only_the_last_messages_edit_changes_the_excerpt,
                    rewriting_neither_moves_the_thread_nor_raises_an_inbox_item,
                }
                shut_out {
                    after_a_month_another_entry_is_begun,
                    who_cannot_log_in_has_one_entry_of_a_thread,
                    who_is_let_in_while_others_are_undecided_is_told_of_what_comes,
                    a_mail_that_was_offered_does_not_come_to_say_more,
                }
                tasks {
                    tasks_stand_in_the_order_the_team_gives_them,
                    tasks_moved_again_and_again_keep_their_order,
                    a_task_added_after_others_were_removed_stands_at_its_place,
                    a_tick_says_who_and_when,
                    what_is_so_already_writes_nothing,
                    contacts_tick_and_the_team_manages,
                    a_removed_task_is_gone,
                    a_thread_has_a_bounded_number_of_tasks,
                    completing_the_last_open_task_is_told_once,
                    the_history_of_tasks_has_nothing_else,
                }
                tenants {
                    what_is_another_firms_is_as_if_it_were_not_there,
                    a_person_named_with_another_firm_is_nobody,
                    a_cursor_of_another_firm_is_none,
                    the_directory_of_another_firm_is_neither_read_nor_changed,
                }
                tokens {
                    an_api_key_names_its_firm_until_it_is_deleted,
                    a_firm_has_a_bounded_number_of_api_keys,
                    a_revoked_token_is_void_and_no_other,
                    many_stand_as_each_of_them_does,
                    one_firm_can_not_keep_another_from_revoking,
                    a_revocation_is_remembered_until_the_token_has_run_out,
                    revoking_a_person_voids_what_was_issued_until_then,
                    the_signing_secret_is_the_stores_own,
                    a_person_is_of_one_firm,
                }
                told {
                    nobody_is_told_twice_or_in_vain_and_nothing_is_forgotten,
                }
                waiting {
                    a_thread_waits_until_it_is_read_and_its_tasks_are_done,
                    archived_threads_do_not_wait,
                    each_contact_has_its_own,
                    members_have_none,
                }
            }
        }
    };
}

contract!(sqlite, crate::backend::sqlite);
contract!(postgres, crate::backend::postgres);

/// What only a backend does that makes its backups itself.
mod sqlite_alone {
    cases! { crate::backend::sqlite;
        backup {
            a_backup_overwrites_nothing_and_leaves_nothing_half_made,
        }
    }
}
