import type { Frame } from './frame-reader.js';
import { defaultMaxFrame, defaultWindow, maxWindow, settings } from './frames.js';
import { ProtocolError } from './protocol-error.js';

const largestFrame = 2 ** 24 - 1;
const defaultHeaderTable = 4096;

/** What the peer has asked for (RFC 9113, section 6.5). */
export class PeerSettings {
  /** How many bytes the peer takes on a new stream. */
  window = defaultWindow;
  /** The largest payload of a frame that it takes. */
  maxFrame = defaultMaxFrame;
  /** It remembers fewer headers than usual. */
  forgetful = false;

  /**
   * Takes a SETTINGS frame.
   * @returns how much the windows of all streams grow.
   * @throws ProtocolError when it is malformed.
   */
  apply({ bytes, start, end }: Frame): number {
    if ((end - start) % 6 !== 0) throw new ProtocolError('FRAME_SIZE_ERROR', 'settings of a wrong size');
    const before = this.window;
    for (let offset = start; offset < end; offset += 6) {
      this.#set(bytes.readUInt16BE(offset), bytes.readUInt32BE(offset + 2));
    }
    return this.window - before;
  }

  #set(setting: number, value: number): void {
    if (setting === settings.INITIAL_WINDOW_SIZE) {
      if (value > maxWindow) throw new ProtocolError('FLOW_CONTROL_ERROR', `a window of ${value} bytes`);
      this.window = value;
    } else if (setting === settings.MAX_FRAME_SIZE) {
      if (value < defaultMaxFrame || value > largestFrame) throw wrong('MAX_FRAME_SIZE', value);
      this.maxFrame = value;
    } else if (setting === settings.ENABLE_PUSH) {
      if (value > 1) throw wrong('ENABLE_PUSH', value);
    } else if (setting === settings.HEADER_TABLE_SIZE) {
      if (value < defaultHeaderTable) this.forgetful = true;
    }
  }

  /**
   * A window after a WINDOW_UPDATE.
   * @throws ProtocolError when the update is nothing, or the window larger than windows can be.
   */
  static widen(window: number, increment: number): number {
    if (increment === 0) throw new ProtocolError('PROTOCOL_ERROR', 'a window update of nothing');
    return PeerSettings.shift(window, increment);
  }

  /** A window after a change of the setting, which may make it negative. @throws ProtocolError when it is too large. */
  static shift(window: number, change: number): number {
    if (window + change > maxWindow) throw new ProtocolError('FLOW_CONTROL_ERROR', 'a window is too large');
    return window + change;
  }
}

function wrong(setting: string, value: number): ProtocolError {
  return new ProtocolError('PROTOCOL_ERROR', `${setting} cannot be ${value}`);
}
