namespace BorgRepo.Benchmarks.Workloads;

/// <summary>
/// Sizes like those of real backups: quantiles k/64 of a log-normal distribution with median 100 KiB and sigma 1, its ends
/// cut at 1 KiB and 2 MiB. A table of integers, so that no language's exp() makes a difference.
/// </summary>
internal static class MixedSizes
{
    private static readonly int[] s_quantiles =
    [
        1024, 11882, 15897, 19162, 22082, 24806, 27409, 29935, 32412, 34861, 37296, 39730, 42171, 44629, 47109, 49619,
        52164, 54751, 57383, 60068, 62810, 65614, 68487, 71433, 74459, 77571, 80776, 84082, 87495, 91023, 94677, 98466,
        102400, 106491, 110753, 115198, 119845, 124709, 129812, 135176, 140826, 146792, 153107, 159810, 166945, 174565,
        182732, 191519, 201014, 211326, 222585, 234956, 248647, 263926, 281147, 300787, 323512, 350284, 382565, 422709,
        474854, 547207, 659590, 882502, 2097152,
    ];

    /// <summary>Size of an object's value.</summary>
    public static int Of(int number)
    {
        ulong u = SplitMix.Mix(0x512E000000000000 ^ (ulong)number) >> 32;
        int k = (int)(u >> 26);
        long fraction = (long)(u & ((1 << 26) - 1));
        return s_quantiles[k] + (int)(((s_quantiles[k + 1] - s_quantiles[k]) * fraction) >> 26);
    }
}
