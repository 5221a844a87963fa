/** A province with many communes: names as they are, and none of them real. */
import type { CreateMeeting } from '../../../web-client/src/core/protocol';
import { HANH, VINH } from './meeting';

const PROVINCE = 'UBND tỉnh Hà Minh';
const DISTRICTS = ['Huyện Lâm Thượng', 'Huyện Bến Trúc', 'Thị xã Khê Vàng', 'Huyện Sông Đà', 'Huyện Tân Lập', 'Thành phố Hà Minh'] as const;
const FIRST = ['An', 'Bình', 'Cẩm', 'Đông', 'Hòa', 'Kim', 'Long', 'Mỹ', 'Phú', 'Tân', 'Thanh', 'Vĩnh'] as const;
const SECOND = ['Bình', 'Châu', 'Giang', 'Hải', 'Khê', 'Lộc', 'Phong', 'Sơn', 'Thành', 'Thủy'] as const;

/** A conference of chair, controller and `count` sites (at most 120), each with a name of its own. */
export function conference(count: number): CreateMeeting {
  const site = (name: string, unit: string) => ({ name, role: 'operator' as const, kind: 'site' as const, unit });
  const sites = Array.from({ length: count }, (_, index) => {
    const district = DISTRICTS[index % DISTRICTS.length] ?? PROVINCE;
    const kind = district.startsWith('Thành phố') ? 'Phường' : 'Xã';
    return site(`${kind} ${FIRST[index % FIRST.length]} ${SECOND[Math.floor(index / FIRST.length) % SECOND.length]}`, district);
  });
  return {
    title: 'Hội nghị trực tuyến phòng, chống thiên tai và tìm kiếm cứu nạn',
    host_unit: PROVINCE,
    invitees: [
      { name: HANH, role: 'chair', kind: 'person', unit: PROVINCE },
      { name: VINH, role: 'controller', kind: 'person', unit: PROVINCE },
      ...sites,
    ],
  };
}
