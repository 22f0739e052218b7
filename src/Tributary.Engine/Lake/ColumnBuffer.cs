using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tributary.Engine.Lake;

/// <summary>What a column of the lake can hold. Fixed by the first value that is not null (spec/connections.md §7.1).</summary>
internal enum LakeType : byte
{
    Text,
    Timestamp,
    BigInt,
    Double,
    Boolean,
}

/// <summary>
/// The values of one column for the rows of one batch, laid out as DuckDB's vectors are, so that handing them over is one copy per 2,048 rows. Rows
/// that nobody set are null.
/// </summary>
/// <remarks>A text's cell is DuckDB's <c>string_t</c>: a 32-bit length, then up to 12 bytes in place, or 4 bytes of prefix and the address of the text.</remarks>
internal sealed unsafe class ColumnBuffer(LakeType type, TextArena texts)
{
    /// <summary>Rows of one vector of DuckDB.</summary>
    public const int SliceRows = 2_048;

    private const int WordsPerSlice = SliceRows / 64;
    private readonly int _width = WidthOf(type);
    private byte[] _cellBytes = [];
    private byte* _cells;
    private ulong[] _valid = [];
    private int _rows;

    public LakeType Type => type;

    /// <summary>Bytes held for cells, whether used or not.</summary>
    public int Capacity => _cellBytes.Length;

    public static int WidthOf(LakeType type) => type switch
    {
        LakeType.Text => 16,
        LakeType.Timestamp or LakeType.BigInt or LakeType.Double => 8,
        LakeType.Boolean => 1,
    };

    public bool IsSet(int row) => row < _rows && (_valid[row >> 6] & (1UL << row)) != 0;

    /// <summary>Sets a number or a timestamp in microseconds.</summary>
    public void SetInt64(int row, long value)
    {
        Mark(row);
        ((long*)_cells)[row] = value;
    }

    public void SetDouble(int row, double value)
    {
        Mark(row);
        ((double*)_cells)[row] = value;
    }

    public void SetBoolean(int row, bool value)
    {
        Mark(row);
        _cells[row] = value ? (byte)1 : (byte)0;
    }

    /// <summary>Sets a text, copied. The bytes must be UTF-8.</summary>
    public void SetText(int row, ReadOnlySpan<byte> text)
    {
        if (text.Length <= 12)
        {
            SetShort(row, text);
            return;
        }

        var address = texts.Take(text.Length);
        text.CopyTo(new Span<byte>(address, text.Length));
        Mark(row);
        var cell = _cells + (row * 16L);
        *(int*)cell = text.Length;
        *(int*)(cell + 4) = *(int*)address;
        *(byte**)(cell + 8) = address;
    }

    /// <summary>The text of a row that <see cref="IsSet"/>; valid until the batch is cleared.</summary>
    public ReadOnlySpan<byte> GetText(int row)
    {
        var cell = _cells + (row * 16L);
        var length = *(int*)cell;
        return length <= 12 ? new ReadOnlySpan<byte>(cell + 4, length) : new ReadOnlySpan<byte>(*(byte**)(cell + 8), length);
    }

    /// <summary>The number or timestamp of a row that <see cref="IsSet"/>.</summary>
    public long GetInt64(int row) => ((long*)_cells)[row];

    /// <summary>The double of a row that <see cref="IsSet"/>.</summary>
    public double GetDouble(int row) => ((double*)_cells)[row];

    /// <summary>The truth of a row that <see cref="IsSet"/>.</summary>
    public bool GetBoolean(int row) => _cells[row] != 0;

    /// <summary>
    /// Copies rows <paramref name="from"/> to <paramref name="from"/> + <paramref name="count"/> into a vector whose rows are all valid as yet.
    /// </summary>
    /// <param name="from">A multiple of <see cref="SliceRows"/>.</param>
    /// <param name="count">At most <see cref="SliceRows"/>.</param>
    /// <param name="data">The vector's cells.</param>
    /// <param name="validity">The vector's validity mask, or null to learn whether it is needed.</param>
    /// <returns>False when there are nulls and <paramref name="validity"/> was null: ask again with a mask.</returns>
    public bool TryCopy(int from, int count, byte* data, ulong* validity)
    {
        var held = Math.Clamp(_rows - from, 0, count);
        if (validity is null && (held < count || !AllSet(from, count))) return false;
        if (held > 0) Buffer.MemoryCopy(_cells + ((long)from * _width), data, (long)SliceRows * _width, (long)held * _width);
        if (validity is null) return true;
        var words = Math.Clamp((_rows - from + 63) / 64, 0, WordsPerSlice);
        for (var word = 0; word < WordsPerSlice; word++) validity[word] = word < words ? _valid[(from >> 6) + word] : 0;
        return true;
    }

    /// <summary>Makes all rows null again and keeps the memory, unless the batch was unusual.</summary>
    public void Clear(bool release)
    {
        Array.Clear(_valid);
        if (!release) return;
        _cells = null;
        (_cellBytes, _valid, _rows) = ([], [], 0);
    }

    private bool AllSet(int from, int count)
    {
        var words = _valid.AsSpan(from >> 6, (count + 63) / 64);
        var rest = count & 63;
        return !(rest == 0 ? words : words[..^1]).ContainsAnyExcept(ulong.MaxValue) && (rest == 0 || (~words[^1] & ((1UL << rest) - 1)) == 0);
    }

    private void SetShort(int row, ReadOnlySpan<byte> text)
    {
        Mark(row);
        var cell = _cells + (row * 16L);
        *(long*)cell = 0;
        *(long*)(cell + 8) = 0;
        *(int*)cell = text.Length;
        text.CopyTo(new Span<byte>(cell + 4, 12));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Mark(int row)
    {
        if (row >= _rows) Grow(row);
        _valid[row >> 6] |= 1UL << row;
    }

    private void Grow(int row)
    {
        var rows = Math.Max(64, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)row + 1));
        var bytes = GC.AllocateUninitializedArray<byte>(rows * _width, pinned: true);
        _cellBytes.CopyTo(bytes, 0);
        _cellBytes = bytes;
        _cells = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(bytes));
        Array.Resize(ref _valid, rows / 64);
        _rows = rows;
    }
}
