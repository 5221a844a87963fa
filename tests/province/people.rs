//! The province: its units, its sites, and three people, as a clerk keeps them
//! in files.

/// The unit that hosts the conference.
pub(super) const PROVINCE: &str = "lam-son";

pub(super) const CHAIR: &str = "chu-toa";
pub(super) const SECRETARY: &str = "thu-ky";
pub(super) const CONTROLLER: &str = "ky-thuat";

/// Who takes part beside the sites: a name, a position, and a role.
pub(super) const PEOPLE: [(&str, &str, &str, &str); 3] = [
    (
        CHAIR,
        "Nguyễn Văn Bình",
        "Phó Chủ tịch Ủy ban nhân dân tỉnh Lâm Sơn",
        "chair",
    ),
    (
        SECRETARY,
        "Trần Thị Thu Hương",
        "Chuyên viên Văn phòng",
        "secretary",
    ),
    (
        CONTROLLER,
        "Phạm Quốc Việt",
        "Kỹ thuật viên Văn phòng",
        "controller",
    ),
];

/// Its name in addresses, what it is called, and its ten communes in the same way.
type District = (
    &'static str,
    &'static str,
    [(&'static str, &'static str); 10],
);

/// The districts with what they are.
pub(super) const DISTRICTS: [District; 3] = [
    (
        "son-ha",
        "huyện Sơn Hà",
        [
            ("an-binh", "An Bình"),
            ("hoa-lac", "Hòa Lạc"),
            ("tan-phu", "Tân Phú"),
            ("vinh-thanh", "Vĩnh Thạnh"),
            ("phuoc-son", "Phước Sơn"),
            ("binh-minh", "Bình Minh"),
            ("dong-hai", "Đông Hải"),
            ("tra-giang", "Trà Giang"),
            ("long-my", "Long Mỹ"),
            ("thanh-loc", "Thạnh Lộc"),
        ],
    ),
    (
        "binh-lam",
        "huyện Bình Lâm",
        [
            ("xuan-truong", "Xuân Trường"),
            ("nghia-hung", "Nghĩa Hưng"),
            ("quang-tien", "Quảng Tiến"),
            ("son-tay", "Sơn Tây"),
            ("my-duc", "Mỹ Đức"),
            ("kim-son", "Kim Sơn"),
            ("hai-ninh", "Hải Ninh"),
            ("thanh-binh", "Thanh Bình"),
            ("phu-nhuan", "Phú Nhuận"),
            ("dien-khanh", "Diên Khánh"),
        ],
    ),
    (
        "an-khe",
        "thị xã An Khê",
        [
            ("ea-hleo", "Ea Hleo"),
            ("cu-prong", "Cư Prông"),
            ("ia-grai", "Ia Grai"),
            ("dak-ha", "Đăk Hà"),
            ("loc-thuy", "Lộc Thủy"),
            ("yen-the", "Yên Thế"),
            ("hung-dao", "Hưng Đạo"),
            ("ngoc-lac", "Ngọc Lặc"),
            ("muong-lat", "Mường Lát"),
            ("quy-chau", "Quỳ Châu"),
        ],
    ),
];

/// They never come.
pub(super) const ABSENT: [&str; 2] = ["kim-son", "phu-nhuan"];
/// It comes when the roll is being called.
pub(super) const LATE: &str = "ea-hleo";
/// It leaves before the secret vote.
pub(super) const EARLY: &str = "quy-chau";

/// Every site, a district before its communes.
pub(super) fn sites() -> impl Iterator<Item = &'static str> {
    DISTRICTS.iter().flat_map(|(district, _, communes)| {
        std::iter::once(*district).chain(communes.iter().map(|(commune, _)| *commune))
    })
}

/// The sites that have come by nine o'clock.
pub(super) fn sites_there() -> impl Iterator<Item = &'static str> {
    sites().filter(|site| !ABSENT.contains(site))
}

/// Where a letter reaches somebody.
pub(super) fn address(who: &str) -> String {
    format!("{who}@lamson.gov.vn")
}

/// The units, as a file.
pub(super) fn units() -> String {
    let mut file = "Mã;Mã cấp trên;Cấp;Tên\n".to_owned();
    file += &format!("{PROVINCE};;province;Ủy ban nhân dân tỉnh Lâm Sơn\n");
    for (id, name, communes) in DISTRICTS {
        file += &format!("{id};{PROVINCE};district;Ủy ban nhân dân {name}\n");
        for (commune, name) in communes {
            file += &format!("{commune};{id};commune;Ủy ban nhân dân xã {name}\n");
        }
    }
    file
}

/// The sites, as a file; each has the identifier of its unit.
pub(super) fn sites_file() -> String {
    let mut file = "Mã;Mã đơn vị;Tên\n".to_owned();
    for (id, name, communes) in DISTRICTS {
        file += &format!("{id};{id};Điểm cầu {name}\n");
        for (commune, name) in communes {
            file += &format!("{commune};{commune};Điểm cầu xã {name}\n");
        }
    }
    file
}

/// The people, as a file.
pub(super) fn people_file() -> String {
    let mut file = "Mã;Mã đơn vị;Họ và tên;Chức vụ\n".to_owned();
    for (id, name, position, _) in PEOPLE {
        file += &format!("{id};{PROVINCE};{name};{position}\n");
    }
    file
}
