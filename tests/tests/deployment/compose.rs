//! The compose file: what it sets exists, and what its parts name are its parts.

use crate::{check, file, python_program, text};
use serde_json::Value;
use tidings_tests::tidings_with;

/// The file as JSON.
fn compose() -> Value {
    let script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    let path = file("compose/compose.yaml");
    let path = path.to_str().expect("its path is UTF-8");
    let json = check(python_program("python"), &["-c", script, path], "tests/requirements.txt");
    serde_json::from_str(&json).expect("Python writes JSON")
}

/// What a variable is, as the shell writes it: `${NAME:?why}` when it was set, `${NAME:-this}` when it
/// was not.
fn filled(value: &str) -> String {
    match (value.find("${"), value.find('}')) {
        (Some(from), Some(to)) => {
            let (_, otherwise) = value[from..to].split_once(":-").unwrap_or(("", "correct-horse"));
            format!("{}{otherwise}{}", &value[..from], &value[to + 1..])
        }
        _ => value.to_owned(),
    }
}

#[tokio::test]
async fn nodes_are_set_as_they_can_be_set() {
    let compose = compose();
    for node in ["tidings-1", "tidings-2", "notifier"] {
        let settings = compose["services"][node]["environment"].as_object().unwrap();
        let settings: Vec<(&str, String)> = settings
            .iter()
            .map(|(name, value)| (name.as_str(), filled(value.as_str().unwrap())))
            .collect();
        assert!(settings.iter().any(|(name, _)| *name == "TIDINGS_BUS"), "{settings:?}");
        let settings: Vec<(&str, &str)> =
            settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let shown = tidings_with(&settings, ["check-config"]).await.ok().stdout;
        assert!(!shown.contains("correct-horse"), "a password is shown:\n{shown}");
        // The nodes leave emails to the notifier, which takes the same settings.
        assert!(shown.contains("notifier = \"apart\""), "{shown}");
    }
}

#[test]
fn the_parts_name_each_other() {
    let compose = compose();
    let services = compose["services"].as_object().unwrap();
    for (name, service) in services {
        let needs = match &service["depends_on"] {
            Value::Object(needs) => needs.keys().cloned().collect(),
            Value::Array(needs) => {
                needs.iter().map(|need| need.as_str().unwrap().to_owned()).collect()
            }
            _ => Vec::new(),
        };
        for need in needs {
            assert!(services.contains_key(&need), "{name} needs {need}");
        }
    }
    let programs = services.values().filter(|service| service["image"] == "tidings");
    let nodes = programs.filter(|service| service["entrypoint"].is_null()).count();
    let balanced: Vec<String> = text("compose/haproxy.cfg")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("server ").map(str::to_owned))
        .collect();
    assert_eq!(balanced.len(), nodes, "the balancer knows all nodes");
    for server in balanced {
        let host = server.split_whitespace().nth(1).unwrap().split(':').next().unwrap();
        assert!(services.contains_key(host), "the balancer names {host}");
    }
}
