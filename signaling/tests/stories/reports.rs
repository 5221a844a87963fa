//! Reports, taken out as files.

use axum::http::Method;
use diemcau_protocol::{Command, CourseCommand, ErrorCode, RollCallCommand};
use serde_json::json;

use super::clerk::{Clerk, MEETINGS};
use super::schedule::{MINUTE, briefing, now};
use super::support::{Machine, both};

both! {
    async fn attendance_and_usage_are_taken_out_as_files(machine: Machine) {
        let server = machine.start().await;
        let clerk = Clerk::of(&server);
        clerk.people_the_province().await;
        let meeting = clerk.plan(briefing()).await;
        let attendance = format!("{MEETINGS}/{}/attendance", meeting.id);
        let nobody = String::from_utf8(clerk.get(&attendance).await.body).unwrap();
        assert_eq!(nobody.lines().count(), 4, "titles, and everybody invited: {nobody}");

        let links = clerk.links(&meeting).await;
        let (mut chair, _) = server.guest(&links[0]).await;
        let (mut an_binh, _) = server.guest(&links[1]).await;
        chair.command(Command::Course(CourseCommand::Open)).await.unwrap();
        chair.command(Command::RollCall(RollCallCommand::Open)).await.unwrap();
        let answer = RollCallCommand::Answer { headcount: 42, delegates: String::new() };
        an_binh.command(Command::RollCall(answer)).await.unwrap();
        chair.command(Command::Course(CourseCommand::End)).await.unwrap();

        let csv = String::from_utf8(clerk.get(&attendance).await.body).unwrap();
        assert!(csv.starts_with('\u{feff}'));
        let an_binh = csv.lines().find(|line| line.contains("An Bình")).unwrap();
        assert!(an_binh.starts_with("Hội trường xã An Bình,UBND xã An Bình,42,"), "{csv}");
        let absent = csv.lines().find(|line| line.contains("Nhà văn hóa")).unwrap();
        assert!(absent.ends_with(",,,,,,"), "{absent}");
        let xlsx = clerk.get(&format!("{attendance}?form=xlsx")).await;
        assert!(xlsx.body.starts_with(b"PK"));

        let cancelled = clerk.plan(briefing()).await;
        let cancel = format!("{MEETINGS}/{}/cancel", cancelled.id);
        clerk.change(Method::POST, &cancel, json!({})).await;
        clerk.plan(briefing()).await;
        let usage = format!("/api/v1/reports/usage?from={}&to={}", now(), now() + 600 * MINUTE);
        let usage = clerk.ask(Method::GET, &usage, &[("Accept-Language", "en")], "").await;
        let usage = String::from_utf8(usage.body).unwrap();
        let lines: Vec<_> = usage.lines().collect();
        assert!(lines[0].contains("Planned minutes"), "{usage}");
        assert!(lines[1].ends_with(",minh-hoa,UBND tỉnh Minh Họa,1,60,2,3,1"), "{usage}");
        assert_eq!(lines.len(), 2);
        for wrong in ["", "?from=1", "?from=5&to=5", "?from=0&to=9999999999999", "?form=pdf"] {
            let refused = clerk.get(&format!("/api/v1/reports/usage{wrong}")).await.problem();
            assert_eq!(refused, (400, ErrorCode::BadMessage), "{wrong}");
        }
    }
}
