//! The first item: the district reports. Its report lies before everybody, all
//! follow its pages, and the stage shows what the controller prepares.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use diemcau_protocol::{
    AgendaCommand, Command, ConductCommand, Document, DocumentsCommand, DocumentsEvent, ErrorCode,
    Event, FloorCommand, StageCommand, StageEvent, StageMode, StageShow,
};

use crate::province::conference::Conference;
use crate::province::people::{CHAIR, CONTROLLER, SECRETARY};

const REPORT: &[u8] = b"%PDF-1.7\nBao cao tinh hinh bao so 5\n";
const CORRECTED: &[u8] = b"%PDF-1.7\nBao cao tinh hinh bao so 5, ban sua\n";
const TITLE: &str = "Báo cáo số 215/BC-UBND của huyện Sơn Hà";
const TITLE_IN_AN_ADDRESS: &str = "B%C3%A1o%20c%C3%A1o%20s%E1%BB%91%20215%2FBC-UBND%20c%E1%BB%A7a%20\
                                   huy%E1%BB%87n%20S%C6%A1n%20H%C3%A0";

fn agenda(command: AgendaCommand) -> Command {
    Command::Agenda(command)
}

fn stage(command: StageCommand) -> Command {
    Command::Stage(command)
}

impl Conference {
    /// The secretary puts a file in.
    async fn put_in(&self, path: &str, file: &[u8]) -> Document {
        let path = format!("/api/v1/meetings/{}/documents{path}", self.meeting);
        let request = Request::post(path)
            .header(
                "Authorization",
                format!("Bearer {}", self.invitations[SECRETARY]),
            )
            .body(Body::from(file.to_owned()));
        let answer = self.server().rest(request.unwrap()).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// Somebody opens a file.
    pub(super) async fn opens(&self, who: &str, path: &str) -> Result<Vec<u8>, StatusCode> {
        let path = format!("/api/v1/meetings/{}/documents/{path}", self.meeting);
        let request = Request::get(path)
            .header("Authorization", format!("Bearer {}", self.invitations[who]))
            .body(Body::empty());
        let answer = self.server().rest(request.unwrap()).await;
        if !answer.status().is_success() {
            return Err(answer.status());
        }
        Ok(to_bytes(answer.into_body(), 1 << 20)
            .await
            .unwrap()
            .to_vec())
    }

    /// The secretary writes something down for the minutes.
    pub(super) async fn is_noted(&mut self, text: &str) {
        let note = ConductCommand::Note {
            text: text.to_owned(),
            conclusion: false,
        };
        self.does(SECRETARY, Command::Conduct(note)).await;
    }

    /// The floor is somebody's until it gives it back.
    pub(super) async fn has_the_floor(&mut self, who: &str) {
        let participant = self.id(who);
        let floor = FloorCommand::Give {
            participant,
            seconds: None,
        };
        self.does(CHAIR, Command::Floor(floor)).await;
    }

    pub(super) async fn gives_back(&mut self, who: &str) {
        self.does(who, Command::Floor(FloorCommand::GiveBack)).await;
    }
}

pub(in crate::province) async fn the_storm_is_reported(conference: &mut Conference) {
    conference.clock(8, 15, 0).await;
    conference
        .does(CHAIR, agenda(AgendaCommand::Start { number: 1 }))
        .await;
    let about = format!("?name=bao-cao.pdf&title={TITLE_IN_AN_ADDRESS}&item=1");
    let document = conference.put_in(&about, REPORT).await;
    assert_eq!((document.title.as_str(), document.item), (TITLE, Some(1)));
    let revised = conference
        .put_in("/1/versions?name=bao-cao-2.pdf", CORRECTED)
        .await;
    assert_eq!(revised.versions.len(), 2);
    for (version, content) in [(1, REPORT), (2, CORRECTED)] {
        let file = conference
            .opens("hai-ninh", &format!("1/versions/{version}"))
            .await;
        assert_eq!(file.as_deref(), Ok(content));
    }
    let for_a_few = "?name=noi-bo.pdf&title=Noi%20bo&roles=delegate&withdraw_at_end=true";
    conference.put_in(for_a_few, REPORT).await;
    let closed = conference.opens("hai-ninh", "2/versions/1").await;
    assert_eq!(closed, Err(StatusCode::FORBIDDEN));

    conference.clock(8, 16, 0).await;
    conference.has_the_floor("son-ha").await;
    for command in [
        Command::SetCamera { on: true },
        Command::SetMicrophone { on: true },
    ] {
        conference.does("son-ha", command).await;
    }
    let lead = DocumentsCommand::Lead {
        number: 1,
        version: 2,
        page: 3,
    };
    conference.does(SECRETARY, Command::Documents(lead)).await;
    let led = |event: &Event| match event {
        Event::Documents(DocumentsEvent::Led { page }) => Some(page.page),
        _ => None,
    };
    assert_eq!(conference.hears("hai-ninh", led).await, 3);

    the_stage_is_set(conference).await;
    conference.clock(8, 18, 30).await;
    conference
        .is_noted(
            "Điểm cầu huyện Sơn Hà báo cáo: đã kêu gọi 312/312 tàu thuyền vào nơi tránh trú; rà \
             soát 1.240 hộ dân ở vùng có nguy cơ sạt lở; đề nghị tỉnh hỗ trợ 02 xuồng cứu hộ.",
        )
        .await;
    conference.clock(8, 20, 40).await;
    conference.gives_back("son-ha").await;
    conference
        .does(SECRETARY, Command::Documents(DocumentsCommand::EndLead))
        .await;
    conference.clock(8, 34, 0).await;
    conference.does(CHAIR, agenda(AgendaCommand::Finish)).await;
}

/// The speaker by itself, then two sites side by side, then the document; and a
/// site has a picture of its own.
async fn the_stage_is_set(conference: &mut Conference) {
    conference
        .does("hai-ninh", Command::SetCamera { on: true })
        .await;
    let sources = ["son-ha", "hai-ninh"]
        .map(|site| conference.camera(site))
        .to_vec();
    let beside = StageShow::Sources { sources };
    let nothing = conference
        .tries(CONTROLLER, stage(StageCommand::Take))
        .await;
    assert_eq!(nothing, Err(ErrorCode::NothingPrepared));
    for show in [
        beside,
        StageShow::Document {
            reference: TITLE.to_owned(),
            page: 3,
        },
    ] {
        let prepare = StageCommand::Prepare {
            show: Some(show.clone()),
        };
        let not_theirs = conference.tries("an-binh", stage(prepare.clone())).await;
        assert_eq!(not_theirs, Err(ErrorCode::Forbidden));
        conference.does(CONTROLLER, stage(prepare)).await;
        conference.does(CONTROLLER, stage(StageCommand::Take)).await;
        let shown = |event: &Event| match event {
            Event::Stage(StageEvent::Shown { show, .. }) => Some(show.clone()),
            _ => None,
        };
        assert_eq!(conference.hears("an-binh", shown).await, show);
    }
    let source = Some(conference.camera("hai-ninh"));
    let participant = conference.id("hoa-lac");
    let own = StageCommand::Give {
        participant,
        source: source.clone(),
    };
    conference.does(CONTROLLER, stage(own)).await;
    conference
        .does(CONTROLLER, Command::SetStage { source: None })
        .await;
    let follows = |event: &Event| match event {
        Event::StageSet { stage, .. } if stage.mode == StageMode::FollowSpeaker => Some(()),
        _ => None,
    };
    conference.hears("an-binh", follows).await;
}
