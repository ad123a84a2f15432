//! The report as a JSON file, for programs. Its fields are those of [`Report`], with the number of
//! the format in front.

use std::io::Result;
use std::path::Path;

use serde::Serialize;

use super::Report;
use super::file::write_whole;

/// Which meaning the fields have. It changes whenever one of them is renamed, removed or comes to
/// mean something else; a field more does not change it.
pub const FORMAT: u32 = 1;

#[derive(Serialize)]
struct File<'a> {
    format: u32,
    #[serde(flatten)]
    report: &'a Report,
}

/// The text of the file. A figure that is no number is `null`.
pub fn json(report: &Report) -> String {
    let mut text = serde_json::to_string(&File { format: FORMAT, report })
        .expect("a report has string keys only, and nothing else can fail");
    text.push('\n');
    text
}

/// Writes it: a reader sees the file from before or the whole new one, nothing between.
pub fn write(report: &Report, path: &Path) -> Result<()> {
    write_whole(path, &json(report))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::sample;
    use super::*;

    #[test]
    fn a_program_finds_the_format_and_the_fields_by_their_names() {
        let text = json(&sample::passed());
        assert!(text.starts_with("{\"format\":1,\"scenario\":\"fan-out\""), "{}", &text[..80]);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["passed"], true);
        assert_eq!(value["latencies"][0]["name"], "ack");
        assert!(value["latencies"][0]["p999_us"].is_u64());
        assert!(value["timeline"][0]["tester_cpu_percent"].is_f64());
        assert!(value["intended"]["deliveries"].is_u64());
    }

    #[test]
    fn every_kind_of_report_can_be_read_back() {
        for (name, report) in sample::all() {
            let value: Value = serde_json::from_str(&json(&report)).unwrap();
            assert_eq!(value["scenario"], report.scenario, "{name}");
        }
    }

    #[test]
    fn a_new_file_takes_the_place_of_the_old_one_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        std::fs::write(&path, "old and much longer than nothing").unwrap();
        write(&sample::empty(), &path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), json(&sample::empty()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(write(&sample::empty(), &folder.path().join("none").join("report.json")).is_err());
    }
}
