//! A camera and a player that are not ours, by WHIP and WHEP.

use serde_json::{Value, json};

use crate::foreign::Foreign;
use crate::support::Server;

/// A place in a meeting: its participant and its token.
struct Place {
    participant: String,
    token: String,
}

/// A meeting with a camera and two who watch.
fn meeting(server: &Server) -> [Place; 3] {
    let invitee = |name: &str, role: &str, kind: &str| json!({ "name": name, "role": role, "kind": kind, "unit": null });
    let body = json!({
        "title": "Giao ban",
        "host_unit": "UBND tỉnh",
        "invitees": [
            invitee("Camera hội trường", "operator", "device"),
            invitee("Màn hình sảnh", "observer", "device"),
            invitee("Màn hình phòng họp", "observer", "device"),
        ],
    });
    let authorization = format!("Bearer {}", server.admin_token());
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
    ];
    let created = server.ask("POST", "/api/v1/meetings", &headers, &body.to_string());
    assert_eq!(created.status, 201, "{created:?}");
    let links = created.json()["links"].clone();
    [0, 1, 2].map(|n| {
        let path = links[n]["path"].as_str().unwrap();
        Place {
            participant: links[n]["participant"].as_str().unwrap().to_owned(),
            token: path.split_once('#').unwrap().1.to_owned(),
        }
    })
}

/// 320 × 180 pixels, and in their middle about the colour that was sent.
fn is_the_picture(what: &Value) -> bool {
    let what: Vec<i64> = serde_json::from_value(what.clone()).unwrap();
    let expected = [320, 180, 150, 60, 200];
    let near = |(got, sent): (&i64, i64)| (got - sent).abs() <= 8;
    what.len() == expected.len() && what.iter().zip(expected).all(near)
}

/// Waits for enough of each kind, and looks at it.
fn sees(player: &mut Foreign, kinds: &[&str]) {
    for _ in kinds {
        let received = player.told("received");
        let what = &received["what"];
        match received["kind"].as_str() {
            Some("video") => assert!(is_the_picture(what), "{received}"),
            // A sine of 8,000.
            Some("audio") => assert!(what.as_f64().unwrap() > 2_000.0, "{received}"),
            _ => panic!("{received}"),
        }
    }
}

/// A camera publishes; one player watches it, and one the stage.
fn is_seen_and_heard(how: &[&str]) {
    let server = Server::start(&[]);
    let [camera, lobby, room] = meeting(&server);
    let url = |path: &str| format!("http://{}/api/v1/{path}", server.http());
    let mut publisher = Foreign::publish(&url("whip"), &camera.token, how);
    assert_eq!(publisher.told("posted")["status"], 201);
    publisher.connected();

    let of_camera = url(&format!("whep?source={}", camera.participant));
    let both = ["audio", "video"];
    let mut player = Foreign::watch(&of_camera, &lobby.token, &both);
    sees(&mut player, &both);
    assert_eq!(player.end(), 200);

    // The stage follows the speaker; with it comes the mix, and the camera's tone is all there is.
    let mut stage = Foreign::watch(&url("whep?source=stage"), &room.token, &both);
    sees(&mut stage, &both);
    assert_eq!(stage.end(), 200);
    assert_eq!(publisher.end(), 200);
}

#[test]
fn a_foreign_camera_is_seen_and_heard_by_foreign_players() {
    is_seen_and_heard(&["--codec", "VP8"]);
}

/// Neither VP8 nor any header extension: nothing says how loud it is.
#[test]
fn a_camera_that_has_next_to_nothing_is_seen_and_heard_too() {
    is_seen_and_heard(&["--codec", "H264", "--bare"]);
}
