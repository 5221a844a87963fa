/**
 * Devices for pictures of the pages: a hall or an office behind a person, drawn
 * on a canvas, instead of colours for a test. `installPortrait` runs in the
 * page and therefore uses nothing from outside itself.
 */

export interface Portrait {
  readonly room: 'hall' | 'office' | 'study';
  /** How many people sit there. */
  readonly people: number;
  /** Of the wall, as a hue. */
  readonly wall: number;
  /** Of the clothes. */
  readonly clothes: readonly string[];
  readonly hair: 'short' | 'long';
}

export function installPortrait({ room, people, wall, clothes, hair }: Portrait): void {
  if (!('mediaDevices' in navigator)) return;
  const WIDTH = 640;
  const HEIGHT = 360;

  const drawRoom = (pen: OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D): void => {
    // Few gradients: a compressed one is noise in a picture file.
    pen.fillStyle = `hsl(${wall} 26% 76%)`;
    pen.fillRect(0, 0, WIDTH, HEIGHT);
    if (room === 'hall') {
      // A curtain behind a row of seats.
      for (let fold = 0; fold < 16; fold += 1) {
        pen.fillStyle = 'rgb(150 34 40)';
        pen.fillRect(fold * 40, 0, 26, HEIGHT * 0.62);
        pen.fillStyle = 'rgb(128 24 32)';
        pen.fillRect(fold * 40 + 26, 0, 14, HEIGHT * 0.62);
      }
      pen.fillStyle = 'rgb(92 62 44)';
      pen.fillRect(0, HEIGHT * 0.62, WIDTH, HEIGHT * 0.38);
    } else if (room === 'office') {
      pen.fillStyle = 'rgb(232 240 246)';
      pen.fillRect(408, 34, 176, 150);
      const sky = pen.createLinearGradient(0, 40, 0, 180);
      sky.addColorStop(0, 'rgb(150 196 232)');
      sky.addColorStop(1, 'rgb(214 232 240)');
      pen.fillStyle = sky;
      pen.fillRect(416, 42, 160, 134);
      pen.fillStyle = 'rgb(122 158 128)';
      pen.fillRect(416, 146, 160, 30);
      pen.fillStyle = 'rgb(232 240 246)';
      pen.fillRect(492, 42, 8, 134);
      pen.fillStyle = 'rgb(96 128 92)';
      for (let leaf = 0; leaf < 7; leaf += 1) {
        pen.beginPath();
        pen.ellipse(70 + Math.sin(leaf * 2.4) * 26, 196 - leaf * 9, 12, 34, leaf * 0.9, 0, 7);
        pen.fill();
      }
      pen.fillStyle = 'rgb(176 108 76)';
      pen.fillRect(48, 214, 44, 46);
    } else {
      pen.fillStyle = 'rgb(110 80 58)';
      pen.fillRect(40, 30, 210, 220);
      const spines = ['#7c3b34', '#31527a', '#8a7444', '#3f6a52', '#5b4a70', '#8c5a3a'];
      for (let shelf = 0; shelf < 3; shelf += 1) {
        for (let book = 0; book < 13; book += 1) {
          pen.fillStyle = spines[(book * 5 + shelf * 3) % spines.length] ?? '#444';
          const height = 44 + ((book * 7 + shelf * 11) % 13);
          pen.fillRect(50 + book * 15, 96 + shelf * 70 - height, 12, height);
        }
      }
    }
  };

  const drawPerson = (pen: CanvasRenderingContext2D, x: number, base: number, size: number, index: number, time: number): void => {
    const sway = Math.sin(time / 900 + index * 1.9) * size * 0.012;
    const nod = Math.sin(time / 620 + index) * size * 0.008;
    const head = base - size * 0.72 + nod;
    pen.save();
    pen.translate(x + sway, 0);
    const cloth = clothes[index % clothes.length] ?? '#345';
    pen.fillStyle = cloth;
    pen.beginPath();
    pen.moveTo(-size * 0.5, base + size * 0.2);
    pen.bezierCurveTo(-size * 0.5, base - size * 0.34, -size * 0.26, base - size * 0.4, 0, base - size * 0.4);
    pen.bezierCurveTo(size * 0.26, base - size * 0.4, size * 0.5, base - size * 0.34, size * 0.5, base + size * 0.2);
    pen.fill();
    const long = hair === 'long' && index % 2 === 0;
    pen.fillStyle = '#221c1a';
    if (long) {
      pen.beginPath();
      pen.ellipse(0, head + size * 0.1, size * 0.24, size * 0.36, 0, 0, 7);
      pen.fill();
    }
    pen.fillStyle = '#d8a683';
    pen.fillRect(-size * 0.075, head + size * 0.12, size * 0.15, size * 0.22);
    pen.fillStyle = '#fff';
    pen.beginPath();
    pen.moveTo(-size * 0.13, base - size * 0.4);
    pen.lineTo(0, base - size * 0.2);
    pen.lineTo(size * 0.13, base - size * 0.4);
    pen.fill();
    pen.fillStyle = '#e6b894';
    pen.beginPath();
    pen.ellipse(0, head, size * 0.175, size * 0.225, 0, 0, 7);
    pen.fill();
    pen.fillStyle = '#221c1a';
    pen.beginPath();
    pen.ellipse(0, head - size * 0.1, size * 0.19, size * 0.15, 0, Math.PI, 2 * Math.PI);
    pen.quadraticCurveTo(size * 0.1, head - size * 0.14, 0, head - size * 0.12);
    pen.quadraticCurveTo(-size * 0.12, head - size * 0.12, -size * 0.19, head - size * 0.1);
    pen.fill();
    pen.restore();
  };

  const drawTable = (pen: CanvasRenderingContext2D): void => {
    pen.fillStyle = 'rgb(126 86 56)';
    pen.fillRect(0, HEIGHT * 0.83, WIDTH, HEIGHT * 0.17);
    pen.fillStyle = 'rgb(150 106 70)';
    pen.fillRect(0, HEIGHT * 0.83, WIDTH, HEIGHT * 0.02);
  };

  const film = (draw: (pen: CanvasRenderingContext2D, time: number) => void, width: number, height: number): MediaStreamTrack => {
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const pen = canvas.getContext('2d', { alpha: false });
    if (pen === null) throw new Error('no canvas');
    pen.scale(width / WIDTH, height / HEIGHT);
    draw(pen, 0);
    const [track] = canvas.captureStream(0).getVideoTracks();
    if (!(track instanceof CanvasCaptureMediaStreamTrack)) throw new Error('no track');
    const timer = setInterval(() => {
      if (track.readyState === 'ended') {
        clearInterval(timer);
        return;
      }
      draw(pen, performance.now());
      track.requestFrame();
    }, 150);
    return track;
  };

  const backdrop = new OffscreenCanvas(WIDTH, HEIGHT);
  const still = backdrop.getContext('2d');
  if (still !== null) drawRoom(still);

  const camera = (): MediaStreamTrack =>
    film((pen, time) => {
      pen.drawImage(backdrop, 0, 0);
      if (people === 1) drawPerson(pen, WIDTH * 0.5, HEIGHT * 0.92, HEIGHT * 0.82, 0, time);
      else {
        for (let index = 0; index < people; index += 1) {
          drawPerson(pen, (WIDTH / people) * (index + 0.5), HEIGHT * 0.84, HEIGHT * 0.5, index, time);
        }
        drawTable(pen);
      }
    }, WIDTH, HEIGHT);

  const slide = (): MediaStreamTrack =>
    film((pen, time) => {
      pen.fillStyle = '#fbfaf6';
      pen.fillRect(0, 0, WIDTH, HEIGHT);
      pen.fillStyle = '#14508c';
      pen.fillRect(0, 0, WIDTH, 54);
      pen.fillStyle = '#fff';
      pen.font = '600 22px "Be Vietnam Pro", sans-serif';
      pen.fillText('Kết quả thực hiện nhiệm vụ quý III', 28, 35);
      const rows = [['Xã An Bình', 96], ['Xã Hà Lâm Thượng', 88], ['Xã Bến Trúc', 91], ['Xã Cẩm Nguyên Đông', 79], ['Xã Lam Sơn Hạ', 84]] as const;
      pen.font = '15px "Be Vietnam Pro", sans-serif';
      rows.forEach(([name, share], row) => {
        const y = 96 + row * 46;
        pen.fillStyle = '#2a3440';
        pen.fillText(name, 28, y + 5);
        pen.fillStyle = '#dfe7ee';
        pen.fillRect(216, y - 10, 340, 20);
        pen.fillStyle = '#2f7d5b';
        pen.fillRect(216, y - 10, 3.4 * share, 20);
        pen.fillStyle = '#2a3440';
        pen.fillText(`${share} %`, 570, y + 5);
      });
      pen.fillStyle = '#6b7682';
      pen.font = '12px "Be Vietnam Pro", sans-serif';
      pen.textAlign = 'right';
      pen.fillText('Tỷ lệ hoàn thành chỉ tiêu (số liệu minh họa)', 612, 340);
      pen.textAlign = 'left';
      // A pointer that moves, as in a talk.
      pen.fillStyle = 'rgb(200 40 40 / 0.8)';
      pen.beginPath();
      pen.arc(520 + Math.sin(time / 700) * 12, 98 + Math.cos(time / 900) * 6, 5, 0, 7);
      pen.fill();
    }, 1_280, 720);

  const murmur = (): MediaStreamTrack => {
    const context = new AudioContext();
    const gain = context.createGain();
    gain.gain.value = 0;
    const voice = context.createOscillator();
    voice.frequency.value = 180;
    const out = context.createMediaStreamDestination();
    voice.connect(gain).connect(out);
    voice.start();
    window.speak = (isLoud) => {
      gain.gain.value = isLoud ? 0.3 : 0;
    };
    const [track] = out.stream.getAudioTracks();
    if (track === undefined) throw new Error('no track');
    return track;
  };

  navigator.mediaDevices.getUserMedia = (wanted) => {
    const stream = new MediaStream();
    if (wanted?.video !== undefined && wanted.video !== false) stream.addTrack(camera());
    if (wanted?.audio !== undefined && wanted.audio !== false) stream.addTrack(murmur());
    return Promise.resolve(stream);
  };
  navigator.mediaDevices.getDisplayMedia = () => Promise.resolve(new MediaStream([slide()]));
  const device = (kind: MediaDeviceKind, deviceId: string, label: string): MediaDeviceInfo => ({
    kind,
    deviceId,
    label,
    groupId: 'room',
    toJSON: () => ({ kind, deviceId, label }),
  });
  navigator.mediaDevices.enumerateDevices = () =>
    Promise.resolve([
      device('audioinput', 'table', 'Micrô bàn họp USB'),
      device('videoinput', 'ptz', 'Camera PTZ hội trường'),
      device('audiooutput', 'hall', 'Loa hội trường'),
    ]);
}

declare global {
  interface Window {
    /** Starts or ends the person's murmur. */
    speak(isLoud: boolean): void;
  }
}
