using System.Text;
using BorgRepo.Core.Errors;

namespace BorgRepo.Core.Tests.Fuzzing;

/// <summary>A parser with inputs that it understands.</summary>
/// <param name="Name">Its name in a replay line.</param>
/// <param name="Seeds">Good inputs.</param>
/// <param name="Parse">Parses; what it throws other than the errors of parsers is a find.</param>
/// <param name="RefusesNothing">It makes do with whatever comes.</param>
internal sealed record ParserTarget(string Name, byte[][] Seeds, Action<byte[]> Parse, bool RefusesNothing = false)
{
    // An exception with its trace, buffers of a frame or of a salvage, tables of the smallest size.
    private const long BytesAtMost = 1024 * 1024;
    private const long BytesPerByte = 200;

    /// <summary>Makes an input.</summary>
    public byte[] Next(Random random) => Mutator.Mutate(Seeds[random.Next(Seeds.Length)], Seeds[random.Next(Seeds.Length)], random);

    /// <summary>Parses and watches.</summary>
    /// <returns>True if the input was accepted.</returns>
    public bool Run(byte[] input)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool isAccepted = false;
        try
        {
            Parse(input);
            isAccepted = true;
        }
        catch (Exception error) when (error is BorgRepositoryException or InvalidDataException or Core.Remote.RpcArgumentException)
        {
            // Told, as it has to be.
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"{error.GetType().Name}: {error.Message} from {Convert.ToHexString(input)} '{Encoding.Latin1.GetString(input)}'\n{error.StackTrace}", error);
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return allocated <= BytesAtMost + (BytesPerByte * input.Length)
            ? isAccepted
            : throw new InvalidOperationException($"{allocated} bytes of memory for {input.Length}: {Convert.ToHexString(input)}");
    }
}
