//! The Containerfile, as its linter reads it.

use crate::{check, file, python_program, text};
use tidings_tests::tidings_with;

#[test]
fn the_linter_finds_nothing() {
    check(python_program("hadolint"), &[file("Containerfile")], "tests/requirements.txt");
}

#[tokio::test]
async fn the_image_sets_what_can_be_set() {
    let text = text("Containerfile");
    let settings: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.trim_start_matches("ENV").trim().strip_suffix('\\').or(Some(line)))
        .filter_map(|line| line.trim().trim_start_matches("ENV ").split_once('='))
        .filter(|(name, _)| name.starts_with("TIDINGS_"))
        .map(|(name, value)| (name, value.trim()))
        .collect();
    assert_eq!(settings.len(), 5, "{settings:?}");
    let _ = tidings_with(&settings, ["check-config"]).await.ok();
}
